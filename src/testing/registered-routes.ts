import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** A route that the server answers, however it came to be. */
export interface RegisteredRoute {
  readonly method: string;
  /**
   * Its pattern in Fastify's form, as in `/expenses/:id` or `/files/*`. Several where Fastify does not tell apart which
   * methods belong to which, as with `/:id` and `/:from:to`.
   */
  readonly patterns: readonly string[];
}

type Server = Pick<ReturnType<NestFastifyApplication['getHttpAdapter']>, 'getInstance'>;

const LINE =
  /^(?<indent>(?:[│ ] {3})*)[├└]── (?<segment>.*?)(?: \((?<methods>[A-Z-]+(?:, [A-Z-]+)*)\)(?: \{.*\})?)?$/u;
/** Between the alternatives of a line, as in `:id|:from:to`; not within a regular expression. */
const ALTERNATIVE = /\|(?![^()]*\))/;

/**
 * Every route of an application, those included that bypass Nest's router and with it the guards. Fastify lists them
 * only as a printed tree, which is read here.
 */
export function registeredRoutes(adapter: Server): RegisteredRoute[] {
  const ancestors: string[][] = [];
  const routes: RegisteredRoute[] = [];
  for (const line of adapter.getInstance().printRoutes({ commonPrefix: true }).split('\n')) {
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
