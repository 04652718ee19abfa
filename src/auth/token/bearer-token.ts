import { InvalidRequest, MissingToken } from '../auth.errors.js';

/** The parts of a Fastify request that can carry credentials. */
export interface BearerRequest {
  readonly headers: { readonly authorization?: string };
  readonly raw: { readonly rawHeaders: readonly string[] };
  readonly query?: unknown;
  readonly body?: unknown;
}

/** What is said of a token in the body (RFC 6750, 2.2). */
export const TOKEN_IN_BODY = 'An access token must not be sent in the body';
/** Longest access token that is looked at, in characters; a longer one is refused before any parsing or crypto. */
export const MAX_TOKEN_LENGTH = 8192;

// RFC 6750, 2.1: b64token; RFC 9110, 11.4: the scheme is case-insensitive, one or more spaces follow it.
// Spelled out, because to ignore case takes three times as long on a whole token.
const BEARER = /^[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9\-._~+/]+=*)$/;
const OTHER_SCHEME = /^(?!bearer(?: |$))[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?: |$)/i;

/**
 * The access token of a request (RFC 6750, 2.1).
 *
 * @throws MissingToken when there are no credentials, or those of another scheme
 * @throws InvalidRequest when they are malformed, too long, repeated or sent in the query or body
 */
export function bearerToken(request: BearerRequest): string {
  assertSentOnce(request);
  const { authorization } = request.headers;
  if (authorization === undefined) throw new MissingToken();
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined) {
    if (OTHER_SCHEME.test(authorization)) throw new MissingToken();
    throw new InvalidRequest('The Authorization header is malformed');
  }
  if (token.length > MAX_TOKEN_LENGTH) {
    throw new InvalidRequest(`The access token is longer than ${MAX_TOKEN_LENGTH} characters`);
  }
  return token;
}

/**
 * Refuses credentials that are sent in more than one way, or where they end up in logs and histories (RFC 6750, 2 and
 * 5.3). Node keeps the first of several Authorization headers and hides the others, so the raw list is read.
 *
 * @throws InvalidRequest
 */
export function assertSentOnce(request: BearerRequest): void {
  const { rawHeaders } = request.raw;
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 13 && name.toLowerCase() === 'authorization') count += 1;
  }
  if (count > 1) throw new InvalidRequest('The request has more than one Authorization header');
  if (hasAccessToken(request.query)) {
    throw new InvalidRequest('An access token must not be sent in the query');
  }
  if (hasAccessToken(request.body)) throw new InvalidRequest(TOKEN_IN_BODY);
}

function hasAccessToken(parameters: unknown): boolean {
  return typeof parameters === 'object' && parameters !== null && Object.hasOwn(parameters, 'access_token');
}
