import { InvalidRequest, MissingToken } from '../auth.errors.js';
import type { TokenScheme } from '../proof/sender-constraints.js';
import { countHeaders, type RawRequest } from '../../net/raw-headers.js';

/** The parts of a request, of Fastify or Express, that can carry credentials. */
export type BearerRequest = RawRequest & {
  readonly headers: { readonly authorization?: string };
  readonly query?: unknown;
  readonly body?: unknown;
};

/** What is said of a token in the body (RFC 6750, 2.2). */
export const TOKEN_IN_BODY = 'An access token must not be sent in the body';

// RFC 9110, 11.4: the scheme is case-insensitive, one or more spaces follow it.
const SCHEME = /^(?:bearer|dpop) +/i;
const OTHER_SCHEME = /^(?!(?:bearer|dpop)(?: |$))[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?: |$)/i;
// RFC 6750, 2.1: b64token.
const B64TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * The access token of a request (RFC 6750, 2.1).
 *
 * @throws MissingToken when there are no credentials, or those of another scheme
 * @throws InvalidRequest when they are malformed, repeated or sent in the query or body
 */
export function bearerToken(request: BearerRequest): string {
  assertNotInBody(request);
  if (schemeOf(request) !== 'Bearer') throw new MissingToken();
  const token = credentialsOf(request);
  assertBearerToken(token);
  return token;
}

/**
 * What stands behind the scheme in the Authorization header: good enough to be looked up among tokens that are known,
 * and a token only when `assertBearerToken` finds it to be one. Says nothing of the body, which need not be there yet.
 *
 * @throws MissingToken when there are no credentials, or those of another scheme
 * @throws InvalidRequest when they are malformed, repeated or sent in the query
 */
export function credentialsOf(request: BearerRequest): string {
  assertSentOnce(request);
  const { authorization } = request.headers;
  if (authorization === undefined) throw new MissingToken();
  const scheme = SCHEME.exec(authorization)?.[0];
  if (scheme !== undefined) return authorization.slice(scheme.length);
  if (OTHER_SCHEME.test(authorization)) throw new MissingToken();
  throw malformed();
}

/** The scheme under which a request sends its token; `Bearer` as well for what is none. */
export function schemeOf({ headers: { authorization } }: Pick<BearerRequest, 'headers'>): TokenScheme {
  return /^dpop /i.test(authorization ?? '') ? 'DPoP' : 'Bearer';
}

/**
 * A token has no bound of its own: what fits into the headers that the server takes is looked at, since the tokens of users
 * with many roles have more than 8 KiB.
 *
 * @throws InvalidRequest for what is no b64token
 */
export function assertBearerToken(credentials: string): void {
  if (!B64TOKEN.test(credentials)) throw malformed();
}

/** @throws InvalidRequest when a body that was read holds an access token (RFC 6750, 2.2) */
export function assertNotInBody({ body }: Pick<BearerRequest, 'body'>): void {
  if (hasAccessToken(body)) throw new InvalidRequest(TOKEN_IN_BODY, 'elsewhere');
}

/**
 * Refuses credentials that are sent in more than one way, or where they end up in logs and histories (RFC 6750, 2 and
 * 5.3).
 */
function assertSentOnce(request: BearerRequest): void {
  if (countHeaders(request, 'authorization') > 1) {
    throw new InvalidRequest('The request has more than one Authorization header');
  }
  if (hasAccessToken(request.query)) {
    throw new InvalidRequest('An access token must not be sent in the query', 'elsewhere');
  }
}

function malformed(): InvalidRequest {
  return new InvalidRequest('The Authorization header is malformed');
}

function hasAccessToken(parameters: unknown): boolean {
  return typeof parameters === 'object' && parameters !== null && Object.hasOwn(parameters, 'access_token');
}
