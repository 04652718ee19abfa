import { HttpException } from '@nestjs/common';
import { type ProblemCode, problemCodes, type ProblemKind } from './problem.codes.js';

/** One fault of a request: where it is (RFC 6901 JSON pointer, as a URI fragment) and what is wrong there. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** The members of a problem details object (RFC 9457) that an occurrence decides. */
export interface ProblemMembers {
  /** What went wrong this time. Never holds a token, a key or personal data. */
  readonly detail?: string;
  /** Every fault of the request, field by field. */
  readonly errors?: readonly FieldError[];
}

/** A problem: one of `problemCodes`, or one of an application's own, which then gives the status. */
export type Problem = ProblemMembers &
  (
    | { readonly code: ProblemCode; readonly status?: undefined }
    | {
        /** Stable, machine-readable name of the problem. */
        readonly code: string;
        /** HTTP status code. */
        readonly status: number;
        /** URI that identifies the kind of problem (RFC 9457, 3.1.1). Default `about:blank`. */
        readonly type?: string;
      }
  );

/** An error that the problem filter answers as application/problem+json, with the given response headers. */
export class ProblemException extends HttpException {
  /** With the status and, where the occurrence has none of its own, the detail of its kind. */
  readonly problem: ProblemMembers & {
    readonly code: string;
    readonly status: number;
    readonly type?: string;
  };

  constructor(
    problem: Problem | ProblemCode,
    readonly headers: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    const members = typeof problem === 'string' ? { code: problem } : problem;
    const kind = (problemCodes as Readonly<Record<string, ProblemKind>>)[members.code];
    const { status = kind?.status ?? 500, detail = kind?.detail } = members;
    super(detail ?? members.code, status, options);
    this.problem = { ...members, status, detail };
  }
}

/** 503: something we depend on cannot be had; the client may try again after the given whole seconds (RFC 9110, 10.2.3). */
export class ServiceUnavailable extends ProblemException {
  constructor(code: ProblemCode, retryAfterSeconds: number, options?: ErrorOptions) {
    super(code, { 'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))) }, options);
  }
}
