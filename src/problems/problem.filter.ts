import { randomUUID } from 'node:crypto';
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  Inject,
  Injectable,
  Logger,
  Optional,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { ServerResponse } from 'node:http';
import type { ProblemException } from './problem.exception.js';
import { PROBLEM_TYPE, problemBody, toProblem } from './problem.response.js';

/** Injection token of the URL of the page that explains the problem codes; without it every `type` is `about:blank`. */
export const PROBLEM_DOCUMENTATION = Symbol('PROBLEM_DOCUMENTATION');

/** What the filter reads of a request, and leaves on it for the log. Fastify gives every request an id, Express none. */
interface FilteredRequest {
  readonly id?: unknown;
  problemCode?: string;
}

/** Answers every error as application/problem+json (RFC 9457) with the request id, on Fastify as on Express. */
@Catch()
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  constructor(
    protected readonly adapterHost: HttpAdapterHost,
    @Optional() @Inject(PROBLEM_DOCUMENTATION) private readonly documentationUrl?: string,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    this.answer(toProblem(error), host, error);
  }

  /** @param error what was thrown; it is logged when the problem is a fault of ours */
  protected answer(exception: ProblemException, host: ArgumentsHost, error: unknown = exception): void {
    const { httpAdapter } = this.adapterHost;
    const http = host.switchToHttp();
    const request = http.getRequest<FilteredRequest>();
    const response = http.getResponse<ServerResponse & { raw?: ServerResponse }>();
    const { status, code } = exception.problem;
    const requestId = typeof request.id === 'string' ? request.id : randomUUID();
    request.problemCode = code;
    if (status === 500) this.logger.error({ err: error, requestId });
    if (httpAdapter.isHeadersSent(response)) {
      // Part of an answer is on its way: cutting the connection is the only way left to say that it is not whole.
      (response.raw ?? response).destroy();
      return;
    }
    const headers = { ...exception.headers, 'cache-control': 'no-store', 'content-type': CONTENT_TYPE };
    for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(response, name, value);
    httpAdapter.reply(response, problemBody(exception, requestId, this.documentationUrl), status);
  }
}

const CONTENT_TYPE = `${PROBLEM_TYPE}; charset=utf-8`;
