import type { HttpServer } from '@nestjs/common';
import { expressRoutes } from '../auth/index.js';

/** A route that the server answers, however it came to be. */
export interface RegisteredRoute {
  readonly method: string;
  /**
   * Its pattern in Fastify's form, as in `/expenses/:id` or `/files/*`. Several where Fastify does not tell apart which
   * methods belong to which, as with `/:id` and `/:from:to`.
   */
  readonly patterns: readonly string[];
}

const LINE =
  /^(?<indent>(?:[│ ] {3})*)[├└]── (?<segment>.*?)(?: \((?<methods>[A-Z-]+(?:, [A-Z-]+)*)\)(?: \{.*\})?)?$/u;
/** Between the alternatives of a line, as in `:id|:from:to`; not within a regular expression. */
const ALTERNATIVE = /\|(?![^()]*\))/;

/**
 * Every route of an application, those included that bypass Nest's router and with it the guards.
 *
 * @param adapter of an application that is initialised, on Fastify or Express
 */
export async function registeredRoutes(adapter: HttpServer): Promise<RegisteredRoute[]> {
  const instance: unknown = adapter.getInstance();
  if (adapter.getType() === 'express') {
    const routes = expressRoutes(instance as Parameters<typeof expressRoutes>[0]);
    return routes.map(({ method, path }) => ({ method, patterns: [path] }));
  }
  const fastify = instance as FastifyInstance;
  await fastify.ready();
  return readTree(fastify.printRoutes({ commonPrefix: true }));
}

interface FastifyInstance {
  ready(): PromiseLike<unknown>;
  printRoutes(options: { commonPrefix: boolean }): string;
}

/** Fastify lists its routes as a printed tree only. */
function readTree(tree: string): RegisteredRoute[] {
  const ancestors: string[][] = [];
  const routes: RegisteredRoute[] = [];
  for (const line of tree.split('\n')) {
    const { indent = '', segment = '', methods } = LINE.exec(line)?.groups ?? {};
    const depth = indent.length / 4;
    const segments = segment === '(empty root node)' ? [''] : segment.split(ALTERNATIVE);
    const parents = depth === 0 ? [''] : (ancestors[depth - 1] ?? []);
    const patterns = parents.flatMap((parent) => segments.map((own) => parent + own));
    ancestors[depth] = patterns;
    routes.push(...(methods?.split(', ') ?? []).map((method) => ({ method, patterns })));
  }
  return routes;
}
