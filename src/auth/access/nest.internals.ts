/**
 * Everything of Nest that the access control stands on and that is no API of it, in one place. Before the routes are
 * registered, `strangenessOfNest` (nest.check.ts) looks whether the installed Nest has it so, and stops the start otherwise.
 */
export {
  HOST_METADATA,
  METHOD_METADATA,
  MODULE_PATH,
  PATH_METADATA,
  VERSION_METADATA,
} from '@nestjs/common/constants.js';
export { PathsExplorer } from '@nestjs/core/router/paths-explorer.js';
export { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';

/** A metadata key of a package of Nest that an application may do without, and where that package says it. */
export interface OptionalKey {
  readonly library: string;
  /** The name of the key in `constants.js` of the package. */
  readonly constant: string;
  readonly key: string;
}

/** What @RouteConstraints leaves on a route. */
export const ROUTE_CONSTRAINTS: OptionalKey = {
  library: '@nestjs/platform-fastify',
  constant: 'FASTIFY_ROUTE_CONSTRAINTS_METADATA',
  key: '__fastify_route_constraints__',
};

/** What @MessagePattern, @EventPattern and @SubscribeMessage leave on handlers that are reached by messages. */
export const MESSAGES: readonly OptionalKey[] = [
  { library: '@nestjs/microservices', constant: 'PATTERN_METADATA', key: 'microservices:pattern' },
  { library: '@nestjs/websockets', constant: 'MESSAGE_MAPPING_METADATA', key: 'websockets:message_mapping' },
];
