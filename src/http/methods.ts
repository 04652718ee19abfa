import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { pathOfTarget } from '../net/request-target.js';
import { PROBLEM_TYPE, problemBody } from '../problems/problem.response.js';
import { ProblemException } from '../problems/problem.exception.js';
import { patternOf } from './route-pattern.js';

/** Which methods each path is known for. */
export class Methods {
  /** Of the paths without parameters, which a route with parameters may match as well. */
  private readonly literal = new Map<string, readonly string[]>();
  /** Of the paths with parameters. */
  private readonly templates: { readonly path: RegExp; readonly methods: readonly string[] }[] = [];

  /**
   * @param server whose routes are still to be added
   * @param patchTypes the media types of patches
   */
  constructor(
    private readonly server: FastifyInstance,
    private readonly patchTypes: readonly string[],
  ) {
    server.addHook('onRoute', (route) => {
      const { url, method, onRequest = [] } = route;
      if (url.includes('*')) return;
      const methods = [method].flat();
      if (!url.includes(':')) {
        this.literal.set(url, [...(this.literal.get(url) ?? []), ...methods]);
        return;
      }
      this.templates.push({ path: patternOf(url), methods });
      // `/expenses/import` is no expense, whatever the method.
      route.onRequest = [
        (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
          if (!this.literal.has(pathIn(request)) || !this.refuse(request, reply)) done();
        },
        ...[onRequest].flat(),
      ];
    });
  }

  /**
   * Answers every OPTIONS of a path that there is, and every preflight; to be called when all hooks are added that write
   * headers, those of CORS among them.
   */
  answerOptions(): void {
    this.server.addHook('onRequest', (request, reply, done) => {
      if (request.method !== 'OPTIONS') {
        done();
        return;
      }
      const allowed = this.allowedAt(pathIn(request));
      if (allowed.length > 0) void reply.header('allow', allowed.join(', '));
      if (allowed.includes('PATCH')) void reply.header('accept-patch', this.patchTypes.join(', '));
      // The plugin for CORS takes every OPTIONS for a preflight, and has a route for all of them.
      const isPreflight =
        reply.hasHeader('access-control-allow-methods') &&
        request.headers['access-control-request-method'] !== undefined;
      if (allowed.length > 0 || isPreflight) void reply.status(204).send();
      else if (request.is404) done();
      else reply.callNotFound();
    });
  }

  /**
   * Answers 405 (RFC 9110, 15.5.6) when the path is known for other methods.
   * @returns whether it did
   */
  refuse(request: FastifyRequest, reply: FastifyReply): boolean {
    const allowed = this.allowedAt(pathIn(request));
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

  private allowedAt(path: string): string[] {
    const methods =
      this.literal.get(path) ??
      this.templates.filter((template) => template.path.test(path)).flatMap((template) => template.methods);
    return methods.length === 0 ? [] : [...new Set([...methods, 'OPTIONS'])].toSorted();
  }
}

/** The path of a request, as routes are found by it. One that cannot be decoded has been answered by now. */
function pathIn({ url }: FastifyRequest): string {
  const path = pathOfTarget(url) || '/';
  return path.includes('%') ? decodeURI(path) : path;
}
