import type { IncomingMessage } from 'node:http';
import { countHeaders } from '../net/raw-headers.js';
import { ProblemException } from '../problems/problem.exception.js';

/** Longest URL that is looked at, in characters. */
const MAX_URL_LENGTH = 4096;

/**
 * What of the head of a request keeps it from being served. Node would answer some of it itself, past the log and without
 * our headers, and would take the first of two Host headers, where a proxy may have gone by the second.
 */
export function faultOfRequestHead(request: IncomingMessage): ProblemException | undefined {
  if (request.url!.length > MAX_URL_LENGTH) return new ProblemException('uri_too_long');
  if (!isDecodable(request.url!)) {
    return new ProblemException({
      code: 'malformed_request',
      detail: 'The query has a % without two hexadecimal digits, or is not UTF-8',
    });
  }
  // RFC 9112, 3.2
  const hosts = countHeaders(request, 'host');
  if (hosts > 1 || (hosts === 0 && request.httpVersion === '1.1')) {
    return new ProblemException({
      code: 'malformed_request',
      detail: 'A request must have one Host header, and no more',
    });
  }
  // RFC 9110, 10.1.1; elements of a list may be empty (5.6.1.2).
  const { expect = '' } = request.headers;
  if (!expect.split(',').every((expectation) => /^\s*(?:100-continue\s*)?$/i.test(expectation))) {
    return new ProblemException('expectation_failed');
  }
  return undefined;
}

/** Whether a query says what it says (RFC 3986, 2.1): else `%E9` would be looked for as these three characters. */
function isDecodable(url: string): boolean {
  const query = url.slice(url.indexOf('?') + 1);
  if (!query.includes('%')) return true;
  try {
    decodeURIComponent(query);
    return true;
  } catch {
    return false;
  }
}
