import { RequestMethod, type Type, VERSION_NEUTRAL, VersioningType } from '@nestjs/common';
import { type ApplicationConfig, MetadataScanner, type ModulesContainer } from '@nestjs/core';
import {
  HOST_METADATA,
  MODULE_PATH,
  PATH_METADATA,
  PathsExplorer,
  ROUTE_CONSTRAINTS,
  RoutePathFactory,
  VERSION_METADATA,
} from './nest.internals.js';

/** A route as the router knows it. */
export interface RouteHandler {
  /** HTTP method in capitals; `ALL` for a route that answers every method. */
  readonly method: string;
  /** Path pattern as in `/expenses/:id`, with global prefix, module path and URI version. */
  readonly path: string;
  /** Under versioning by header or media type, what selects it; nothing for a route that takes every version. */
  readonly version?: string | readonly unknown[];
  /** Whether the controller answers some hosts only, so that the path alone does not tell whether it answers. */
  readonly isForHosts: boolean;
  /** What @RouteConstraints asks of requests beside method and path. */
  readonly constraints?: Readonly<Record<string, unknown>>;
  readonly controller: Type;
  readonly handler: (...parameters: never[]) => unknown;
  /** `Controller.method`, to name the route to a person. */
  readonly name: string;
  /** Whether the method is one of a class that the controller extends. */
  readonly isInherited: boolean;
}

/** Every route that the controllers of an application declare, in the order of paths and methods. */
export function readRoutes(modules: ModulesContainer, config: ApplicationConfig): RouteHandler[] {
  const routes = [...modules.values()].flatMap(({ controllers, metatype: module }) => {
    const modulePath =
      Reflect.getMetadata(MODULE_PATH + modules.applicationId, module) ??
      Reflect.getMetadata(MODULE_PATH, module);
    return [...controllers.values()].flatMap(({ metatype }) =>
      readController(metatype as Type, modulePath as string | undefined, config),
    );
  });
  return routes.toSorted((a, b) => compare(a.path, b.path) || compare(a.method, b.method));
}

/** The paths are put together by the classes that Nest's own router uses. */
function readController(controller: Type, modulePath: string | undefined, config: ApplicationConfig) {
  const prototype = controller.prototype as object;
  const factory = new RoutePathFactory(config);
  const controllerPaths = [Reflect.getMetadata(PATH_METADATA, controller)].flat() as string[];
  const routes: RouteHandler[] = [];
  for (const route of new PathsExplorer(new MetadataScanner()).scanForPaths(prototype, prototype)) {
    const versioning = config.getVersioning();
    const location = {
      modulePath,
      globalPrefix: config.getGlobalPrefix(),
      controllerVersion: Reflect.getMetadata(VERSION_METADATA, controller) ?? versioning?.defaultVersion,
      methodVersion: Reflect.getMetadata(VERSION_METADATA, route.targetCallback),
      versioningOptions: versioning,
    };
    const selected = factory.getVersion(location);
    const isVersioned =
      versioning !== undefined && versioning.type !== VersioningType.URI && selected !== VERSION_NEUTRAL;
    const version = isVersioned ? (selected as RouteHandler['version']) : undefined;
    const constraints = Reflect.getMetadata(
      ROUTE_CONSTRAINTS.key,
      route.targetCallback,
    ) as RouteHandler['constraints'];
    const paths = controllerPaths.flatMap((ctrlPath) =>
      route.path.flatMap((methodPath) =>
        factory.create({ ...location, ctrlPath, methodPath }, route.requestMethod),
      ),
    );
    const isForHosts = Reflect.getMetadata(HOST_METADATA, controller) !== undefined;
    const method = RequestMethod[route.requestMethod];
    const name = `${controller.name}.${route.methodName}`;
    const handler = route.targetCallback as RouteHandler['handler'];
    const isInherited = !Object.hasOwn(prototype, route.methodName);
    for (const path of paths) {
      routes.push({ method, path, version, isForHosts, constraints, controller, handler, name, isInherited });
    }
  }
  return routes;
}

/** Order by code unit, the same on every machine. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
