import type { FastifyInstance, FastifyRequest } from 'fastify';

/** What the parts of the application leave on a request for one another. */
declare module 'fastify' {
  interface FastifyRequest {
    /** `code` of the problem that the request is answered with. */
    problemCode: string | undefined;
    /** The template of its route, as in `/expenses/:id`; read it by `routeOf`. */
    routeTemplate: string | undefined;
    /** The trace that it is traced in; read it by `traceIdOf`. */
    traceId: string | undefined;
    /** Why exactly its access token was refused; a closed list. */
    refusalReason: string | undefined;
  }
}

/**
 * Gives every request the fields above from the start, so that setting one does not change the object's shape, and
 * every route the hook that leaves its template on the request.
 */
export function addRequestFields(fastify: FastifyInstance): void {
  for (const field of ['user', 'routeTemplate', 'problemCode', 'traceId', 'refusalReason']) {
    fastify.decorateRequest(field, undefined);
  }
  fastify.addHook('onRoute', (route) => {
    const { url, onRequest = [] } = route;
    route.onRequest = [
      ...[onRequest].flat(),
      (request: FastifyRequest, _reply: unknown, done: () => void) => {
        request.routeTemplate = url;
        done();
      },
    ];
  });
}

/**
 * The template of a request's route; `undefined` when there is none. `request.routeOptions` makes an object of a dozen
 * members every time, which costs 2.4 us: a tenth of a request.
 */
export function routeOf(request: FastifyRequest): string | undefined {
  return request.routeTemplate ?? request.routeOptions.url;
}

/** The trace that a request belongs to: the one that it is traced in, else what its W3C `traceparent` says. */
export function traceIdOf({ traceId, headers: { traceparent } }: FastifyRequest): string | undefined {
  if (traceId !== undefined || traceparent === undefined) return traceId;
  return /^[\da-f]{2}-((?!0{32})[\da-f]{32})-[\da-f]{16}-[\da-f]{2}$/.exec(String(traceparent))?.[1];
}
