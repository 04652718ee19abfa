import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Inject,
  Injectable,
  Logger,
  Optional,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { STATUS_CODES } from 'node:http';
import { AuthError } from '../auth/auth.errors.js';
import { AUTH_OPTIONS, type AuthOptions } from '../auth/auth.options.js';
import { bearerChallenge } from '../auth/challenge.js';
import { ProblemException } from './problem.exception.js';

/** What is said of errors that are not ours, by status: their own texts can quote the request. */
const known: Readonly<Record<number, { code: string; detail: string }>> = {
  400: { code: 'malformed_request', detail: 'The request is malformed' },
  403: { code: 'forbidden', detail: 'This is not allowed' },
  404: { code: 'not_found', detail: 'There is nothing here' },
  405: { code: 'method_not_allowed', detail: 'The method is not allowed here' },
  408: { code: 'request_timeout', detail: 'The request took too long to arrive' },
  413: { code: 'body_too_large', detail: 'The body is too large' },
  414: { code: 'uri_too_long', detail: 'The URL is too long' },
  415: { code: 'unsupported_media_type', detail: 'The media type of the body is not supported' },
  429: { code: 'too_many_requests', detail: 'There were too many requests' },
  503: { code: 'service_unavailable', detail: 'The service is not available at the moment' },
};

const unexpected = { status: 500, code: 'internal_error', detail: 'Something went wrong on our side' };

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
    const { status, code, title, detail, errors } = exception.problem;
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
      .type('application/problem+json')
      .send(
        JSON.stringify({
          type: 'about:blank',
          title: title ?? STATUS_CODES[status],
          status,
          code,
          detail,
          errors,
          requestId: request.id,
        }),
      );
  }
}

function toProblem(error: unknown): ProblemException {
  if (error instanceof ProblemException) return error;
  const status = statusOf(error);
  const problem = known[status];
  if (problem) return new ProblemException({ status, ...problem });
  if (status >= 400 && status < 500) return new ProblemException({ status, code: 'bad_request' });
  return new ProblemException(unexpected);
}

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  // Errors of Fastify and its plugins.
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
}
