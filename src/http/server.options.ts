import type { Environment } from '../config/environment.js';
import { trustedProxies } from './client-address.js';
import { answerClientError } from './client-errors.js';
import { MAX_BODY } from './request-bodies.js';
import { requestIds } from './request-id.js';
import { answerUrlError } from './url-errors.js';

/** Largest request line and headers together, in bytes: the only bound on the length of an access token. */
export const MAX_HEADERS = 16 * 1024;
/** How long the headers of a request may take to arrive, in milliseconds. */
const HEADERS_TIMEOUT_MS = 10_000;
/** How long a connection may be silent while an answer is on its way, in milliseconds. */
const INACTIVITY_TIMEOUT_MS = 60_000;

/** What the HTTP server accepts, how long it waits, and whom it believes. */
export function serverOptions(environment: Environment) {
  return {
    trustProxy: trustedProxies(environment.TRUST_PROXY),
    genReqId: requestIds(environment.TRUST_PROXY),
    requestIdHeader: false as const,
    bodyLimit: MAX_BODY,
    // Bodies are cut by silence (`request-bodies.ts`), not by a clock that a slow line cannot meet.
    requestTimeout: 0,
    connectionTimeout: INACTIVITY_TIMEOUT_MS,
    keepAliveTimeout: environment.KEEP_ALIVE_TIMEOUT * 1000,
    http: {
      maxHeaderSize: MAX_HEADERS,
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: 1000,
      // `request-head.ts` asks for it, and answers as all faults are answered.
      requireHostHeader: false,
    },
    clientErrorHandler: answerClientError,
    frameworkErrors: answerUrlError,
    // Requests on connections that are still open while we stop are served, not refused.
    return503OnClosing: false,
    skipMiddie: true,
  };
}
