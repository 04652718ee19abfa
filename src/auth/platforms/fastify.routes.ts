/** A route that the server answers, however it came to be. */
export interface RegisteredRoute {
  readonly method: string;
  /**
   * Its pattern in Fastify's form, as in `/expenses/:id` or `/files/*`. Several where Fastify does not tell apart which
   * of them goes on in which way, as with `/:id` and `/:from:to/leaves`.
   */
  readonly patterns: readonly string[];
}

const LINE = /^(?<indent>(?:[│ ] {3})*)[├└]── (?<segment>.*?)(?<end> \([A-Z-]+\)(?: \{.*\})?)?$/u;
/** Between the alternatives of a line, as in `:id|:from:to`; not within a regular expression. */
const ALTERNATIVE = /\|(?![^()]*\))/;

interface FastifyInstance {
  readonly supportedMethods: readonly string[];
  printRoutes(options: { method: string; commonPrefix: boolean }): string;
}

/** The routes that a Fastify has so far, however they were registered. */
export function fastifyRoutes(fastify: FastifyInstance): RegisteredRoute[] {
  // Method by method: for the tree of all at once, Fastify builds a router anew, which fails where Nest tells versions apart.
  return fastify.supportedMethods.flatMap((method) =>
    readTree(fastify.printRoutes({ method, commonPrefix: true })).map((patterns) => ({ method, patterns })),
  );
}

/** Fastify lists its routes as a printed tree only. A line without a branch repeats the one above, under another constraint. */
function readTree(tree: string): string[][] {
  const ancestors: string[][] = [];
  const routes: string[][] = [];
  for (const line of tree.split('\n')) {
    const groups = LINE.exec(line)?.groups;
    if (groups === undefined) continue;
    const { indent = '', segment = '', end } = groups;
    const depth = indent.length / 4;
    const segments = segment === '(empty root node)' ? [''] : segment.split(ALTERNATIVE);
    const parents = depth === 0 ? [''] : (ancestors[depth - 1] ?? []);
    const patterns = parents.flatMap((parent) => segments.map((own) => parent + own));
    ancestors[depth] = patterns;
    if (end !== undefined) routes.push(patterns);
  }
  return routes;
}
