import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_TYPE, problemBody, toProblem } from './problem.response.js';

/**
 * Answers a path that cannot be decoded, or that has too long a part, as a problem like all others. There is no route
 * then, and with it no filter; Fastify's own answer repeats the path.
 */
export function answerUrlError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const { problem } = toProblem(error);
  void reply
    .status(problem.status)
    .headers({ 'x-request-id': request.id, 'cache-control': 'no-store' })
    .type(PROBLEM_TYPE)
    .send(problemBody(problem, request.id));
}
