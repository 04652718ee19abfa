import { ProblemException } from '../problems/problem.exception.js';

/** 429: there is room again after the given whole seconds (RFC 6585, 4). */
export class TooManyRequests extends ProblemException {
  constructor(
    code: 'too_many_requests' | 'too_many_failures' | 'too_many_imports' | 'too_many_exports',
    readonly retryAfterSeconds: number,
  ) {
    super(code, { 'retry-after': String(retryAfterSeconds) });
  }
}
