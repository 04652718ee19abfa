import { Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { leaveLongBodyUnread } from './request-bodies.js';
import { SECURITY_HEADERS } from './security-headers.js';
import { PROBLEM_TYPE, problemBody, toProblem } from '../problems/problem.response.js';

const logger = new Logger('RequestLog');

/**
 * Answers a path that cannot be decoded, or that has too long a part, as a problem like all others. There is no route
 * then, and with it no filter; Fastify's own answer repeats the path.
 */
export function answerUrlError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const exception = toProblem(error);
  const { status, code } = exception.problem;
  // No hook of ours runs either, which would log the request and see to its body.
  logger.log({ requestId: request.id, method: request.method, status, code });
  leaveLongBodyUnread(request, reply);
  void reply
    .status(status)
    .headers({ 'x-request-id': request.id, ...SECURITY_HEADERS })
    .type(PROBLEM_TYPE)
    .send(problemBody(exception, request.id));
}
