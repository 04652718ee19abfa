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
import type { ProblemException } from './problem.exception.js';
import { PROBLEM_TYPE, problemBody, toProblem } from './problem.response.js';

/** Injection token of the URL of the page that explains the problem codes; without it every `type` is `about:blank`. */
export const PROBLEM_DOCUMENTATION = Symbol('PROBLEM_DOCUMENTATION');

/** Answers every error as application/problem+json (RFC 9457) with the request id. */
@Catch()
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  constructor(@Optional() @Inject(PROBLEM_DOCUMENTATION) private readonly documentationUrl?: string) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const exception = toProblem(error);
    if (exception.problem.status === 500) {
      this.logger.error({ err: error, requestId: host.switchToHttp().getRequest<FastifyRequest>().id });
    }
    this.answer(exception, host);
  }

  protected answer(exception: ProblemException, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest & { problemCode?: string }>();
    const reply = http.getResponse<FastifyReply>();
    const { status, code } = exception.problem;
    request.problemCode = code;
    if (reply.raw.headersSent) {
      // Part of an answer is on its way: cutting the connection is the only way left to say that it is not whole.
      reply.raw.destroy();
      return;
    }
    for (const [name, value] of Object.entries(exception.headers)) void reply.header(name, value);
    void reply
      .status(status)
      .header('cache-control', 'no-store')
      .type(PROBLEM_TYPE)
      .send(problemBody(exception, request.id, this.documentationUrl));
  }
}
