import type { HttpServer } from '@nestjs/common';

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
  if (adapter.getType() === 'express') return readStack((instance as ExpressInstance).router.stack);
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

/** A layer of Express's router: a route, or a middleware. */
interface ExpressLayer {
  readonly route?: {
    readonly path: string | readonly string[];
    readonly methods: Readonly<Record<string, boolean>>;
  };
}

interface ExpressInstance {
  readonly router: { readonly stack: readonly ExpressLayer[] };
}

/** Express keeps its routes in the order in which they are tried; a route of all methods names `_all`. */
function readStack(stack: readonly ExpressLayer[]): RegisteredRoute[] {
  return stack.flatMap(({ route }) => {
    if (!route) return [];
    const patterns = [route.path].flat();
    const methods = Object.keys(route.methods).map((method) =>
      method === '_all' ? 'ALL' : method.toUpperCase(),
    );
    return methods.map((method) => ({ method, patterns }));
  });
}
