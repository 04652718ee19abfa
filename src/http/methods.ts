import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_TYPE, problemBody } from '../problems/problem.response.js';
import { ProblemException } from '../problems/problem.exception.js';

/** Which methods each path is known for. */
export class Methods {
  private readonly routes: { readonly path: RegExp; readonly methods: readonly string[] }[] = [];

  /** @param server whose routes are still to be added */
  constructor(server: FastifyInstance) {
    server.addHook('onRoute', ({ url, method }) => {
      if (!url.includes('*')) this.routes.push({ path: pathOf(url), methods: [method].flat() });
    });
    // @fastify/cors has written what a preflight needs by then, and leaves the answer to us.
    server.addHook('onRequest', (request, reply, done) => {
      const allowed = request.method === 'OPTIONS' ? this.allowedAt(request.url) : [];
      if (allowed.length > 0) void reply.header('allow', allowed.join(', '));
      if (allowed.length > 0 || reply.hasHeader('access-control-allow-methods')) {
        void reply.status(204).send();
      } else {
        done();
      }
    });
  }

  /**
   * Answers 405 (RFC 9110, 15.5.6) when the path is known for other methods.
   * @returns whether it did
   */
  refuse(request: FastifyRequest, reply: FastifyReply): boolean {
    const allowed = this.allowedAt(request.url);
    if (allowed.length === 0) return false;
    const exception = new ProblemException('method_not_allowed');
    request.problemCode = exception.problem.code;
    void reply
      .status(exception.problem.status)
      .header('allow', allowed.join(', '))
      .type(PROBLEM_TYPE)
      .send(problemBody(exception, request.id));
    return true;
  }

  private allowedAt(url: string): string[] {
    const [path = ''] = url.split('?');
    const methods = this.routes.filter((route) => route.path.test(path)).flatMap((route) => route.methods);
    return methods.length === 0 ? [] : [...new Set([...methods, 'OPTIONS'])].toSorted();
  }
}

/** A template, as in `/expenses/:id`, as the paths that it stands for. */
function pathOf(template: string): RegExp {
  const segments = template.split('/').map((segment) => {
    return segment.startsWith(':') ? '[^/]+' : segment.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  });
  return new RegExp(`^${segments.join('/')}$`);
}
