import { HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import { type Problem, ProblemException } from './problem.exception.js';

/** Media type of problem details (RFC 9457, 3). */
export const PROBLEM_TYPE = 'application/problem+json';

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
  431: { code: 'headers_too_large', detail: 'The headers are too large' },
  503: { code: 'service_unavailable', detail: 'The service is not available at the moment' },
};

const unexpected = { status: 500, code: 'internal_error', detail: 'Something went wrong on our side' };

/** Any error as one that may be shown: ours as they are, others by their status alone. */
export function toProblem(error: unknown): ProblemException {
  if (error instanceof ProblemException) return error;
  const status = statusOf(error);
  const problem = known[status];
  if (problem) return new ProblemException({ status, ...problem });
  if (status >= 400 && status < 500) return new ProblemException({ status, code: 'bad_request' });
  return new ProblemException(unexpected);
}

/** A problem details object as JSON (RFC 9457, 3.1). */
export function problemBody({ status, code, title, detail, errors }: Problem, requestId: string): string {
  const type = 'about:blank';
  return JSON.stringify({
    type,
    title: title ?? STATUS_CODES[status],
    status,
    code,
    detail,
    errors,
    requestId,
  });
}

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  // Errors of Fastify and its plugins.
  const { statusCode } = Object(error) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
}
