import { Controller, Post, Version, VersioningType } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer, RouterModule } from '@nestjs/core';
import { isDeepStrictEqual } from 'node:util';
import { readRoutes } from './access.routes.js';
import { MESSAGES, METHOD_METADATA, type OptionalKey, ROUTE_CONSTRAINTS } from './nest.internals.js';

type Load = (module: string) => Promise<unknown>;

/**
 * What is otherwise in the installed Nest than the access control knows. A declaration that is read in the wrong place
 * would guard nothing, so an application for which there is a sentence does not start.
 *
 * @param load imports a module by its name
 * @returns one sentence each; nothing when all is well
 */
export async function strangenessOfNest(load: Load = (module) => import(module)): Promise<readonly string[]> {
  const ofKeys = await Promise.all([ROUTE_CONSTRAINTS, ...MESSAGES].map((key) => strangenessOf(key, load)));
  return [...strangenessOfRoutes(), ...ofKeys.flat()];
}

async function strangenessOf({ library, constant, key }: OptionalKey, load: Load): Promise<string[]> {
  const constants = await load(`${library}/constants.js`).catch(() => undefined);
  const found = (constants as Record<string, unknown> | undefined)?.[constant];
  if (found === key) return [];
  const isInstalled = constants !== undefined || (await load(library).catch(() => undefined)) !== undefined;
  if (!isInstalled) return [];
  return [
    `${library} has ${constant} of its constants.js otherwise than AuthModule knows it: use another version of either`,
  ];
}

/** A controller that has everything by which a route is told apart. */
@Controller({ path: 'probe', host: 'probe.example', version: '1' })
class Probe {
  @Post(['a', 'b'])
  @Version('2')
  probe(this: void): void {}
}
class ProbeModule {}

const EXPECTED = ['a', 'b'].map((path) => ({
  method: 'POST',
  path: `/prefix/v2/module/probe/${path}`,
  isForHosts: true,
  handler: Probe.prototype.probe,
}));

function strangenessOfRoutes(): string[] {
  let difference = '';
  try {
    if (isDeepStrictEqual(readProbe(), EXPECTED)) return [];
  } catch (error) {
    difference = ` (${(error as Error).message})`;
  }
  return [
    `@nestjs/common and @nestjs/core keep routes otherwise than AuthModule knows it${difference}, so that it cannot tell ` +
      'which declaration is for which route: use another version of either',
  ];
}

function readProbe(): object[] {
  const modules = new ModulesContainer();
  const module = { controllers: new Map([[Probe, { metatype: Probe }]]), metatype: ProbeModule };
  modules.set('probe', module as never);
  // It leaves the path on the module.
  void new RouterModule(modules, [{ path: 'module', module: ProbeModule }]);
  const config = new ApplicationConfig();
  config.enableVersioning({ type: VersioningType.URI });
  config.setGlobalPrefix('prefix');
  return readRoutes(modules, config)
    .filter(({ handler }) => Reflect.hasOwnMetadata(METHOD_METADATA, handler))
    .map(({ method, path, isForHosts, handler }) => ({ method, path, isForHosts, handler }));
}
