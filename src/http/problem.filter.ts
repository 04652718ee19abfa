import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  Inject,
  Injectable,
  Logger,
  Optional,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuthError } from '../auth/auth.errors.js';
import { AUTH_OPTIONS, type AuthOptions } from '../auth/auth.options.js';
import { bearerChallenge } from '../auth/challenge.js';
import { PROBLEM_TYPE, problemBody, toProblem } from './problem.response.js';

/** Answers every error as application/problem+json (RFC 9457) with the request id, and writes bearer challenges. */
@Catch()
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  constructor(@Optional() @Inject(AUTH_OPTIONS) private readonly auth?: AuthOptions) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const exception = toProblem(error);
    const { status, code } = exception.problem;
    request.problemCode = code;
    if (exception instanceof AuthError) request.refusalReason = exception.reason;
    if (status === 500) this.logger.error({ err: error, requestId: request.id });
    if (reply.raw.headersSent) {
      // Part of an answer is on its way: cutting the connection is the only way left to say that it is not whole.
      reply.raw.destroy();
      return;
    }
    for (const [name, value] of Object.entries(exception.headers)) void reply.header(name, value);
    if (exception instanceof AuthError)
      void reply.header('www-authenticate', bearerChallenge(exception, this.auth?.resourceMetadataUrl));
    void reply
      .status(status)
      .header('cache-control', 'no-store')
      .type(PROBLEM_TYPE)
      .send(problemBody(exception.problem, request.id));
  }
}
