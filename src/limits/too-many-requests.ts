import { ProblemException } from '../http/problem.exception.js';

/** 429: there is room again after the given whole seconds (RFC 6585, 4). */
export class TooManyRequests extends ProblemException {
  constructor(code: 'too_many_requests' | 'too_many_failures', retryAfterSeconds: number) {
    const detail =
      code === 'too_many_requests'
        ? 'There were too many requests'
        : 'There were too many requests with unacceptable access tokens from this address';
    super({ status: 429, code, detail }, { 'retry-after': String(retryAfterSeconds) });
  }
}
