import { HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';

/** One fault of a request: where it is (RFC 6901 JSON pointer, as a URI fragment) and what is wrong there. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** The members of a problem details object (RFC 9457) that an exception decides. */
export interface Problem {
  /** HTTP status code. */
  readonly status: number;
  /** Stable, machine-readable name of the problem. */
  readonly code: string;
  /** Short summary, the same for every occurrence; default: the reason phrase of the status. */
  readonly title?: string;
  /** What went wrong this time. Never holds a token, a key or personal data. */
  readonly detail?: string;
  /** Every fault of the request, field by field. */
  readonly errors?: readonly FieldError[];
}

/** An error that the problem filter answers as application/problem+json, with the given response headers. */
export class ProblemException extends HttpException {
  constructor(
    readonly problem: Problem,
    readonly headers: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    super(
      problem.detail ?? problem.title ?? STATUS_CODES[problem.status] ?? problem.code,
      problem.status,
      options,
    );
  }
}

/** 503: something we depend on cannot be had; the client may try again after the given whole seconds (RFC 9110, 10.2.3). */
export class ServiceUnavailable extends ProblemException {
  constructor(code: string, detail: string, retryAfterSeconds: number, options?: ErrorOptions) {
    super(
      { status: 503, code, detail },
      { 'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))) },
      options,
    );
  }
}
