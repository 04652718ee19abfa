import type { Route } from '../../auth/index.js';
import { patternOf } from '../../http/route-pattern.js';

/** The route that answers a path, without query, as Fastify chooses it: fixed segments before parameters, then wildcards. */
export function findRoute(routes: readonly Route[], method: string, path: string): Route | undefined {
  const asked = method === 'HEAD' ? 'GET' : method;
  const candidates = routes.filter((route) => route.method === 'ALL' || route.method === asked);
  return candidates
    .filter((route) => patternOf(route.path).test(path))
    .toSorted((a, b) => looseness(a).localeCompare(looseness(b)))[0];
}

/** A text by which routes sort as Fastify tries them: by the first segment that differs in kind. */
function looseness({ path }: Route): string {
  return path
    .split('/')
    .map((segment) => ({ ':': '1', '*': '2' })[segment.charAt(0)] ?? '0')
    .join('');
}
