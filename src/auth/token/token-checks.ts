import type { AccessToken } from './access-token.js';
import { InvalidToken, type RefusalReason } from '../auth.errors.js';

/** What an access token is held against. */
export interface TokenRules {
  /** The acceptable `iss` values; one as soon as the issuer is known, compared exactly. */
  readonly issuers: readonly string[];
  /** The names of this API; the token's `aud` must hold one of them. */
  readonly audiences: readonly string[];
  /** Clock difference that is forgiven, in seconds. */
  readonly clockToleranceSeconds: number;
  /** `rfc9068` makes `typ: at+jwt` and the claims of RFC 9068, 2.2 mandatory. */
  readonly profile: 'jwt' | 'rfc9068';
}

/** One thing that is checked about a token before its signature is. */
export interface TokenCheck {
  /** What holds when the check passes, as a person reads it. */
  readonly title: string;
  readonly reason: RefusalReason;
  readonly passes: (token: AccessToken, rules: TokenRules, nowSeconds: number) => boolean;
}

const ACCESS_TOKEN_TYPES = new Set(['at+jwt', 'application/at+jwt']);
const PLAIN_TYPES = new Set(['jwt', 'application/jwt']);
// RFC 7515, 4.1.11: not understanding a critical parameter means refusing; cty, enc and zip announce another content.
const UNSUPPORTED_HEADERS = ['crit', 'b64', 'cty', 'enc', 'zip'];
// OpenID Connect Core 3.1.3.6 and 3.3.2.11 (ID tokens); OpenID Connect Back-Channel Logout 2.4 (logout tokens).
const FOREIGN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events'];
const RFC9068_CLAIMS = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'];
const REQUIRED_CLAIMS = ['iss', 'aud', 'exp', 'sub'];

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isTextOrAbsent = (value: unknown) => value === undefined || isText(value);
const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isTimeOrAbsent = (value: unknown) => value === undefined || isTime(value);
const isAudience = (value: unknown) =>
  isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText));

function isAccessTokenType(typ: unknown, profile: TokenRules['profile']): boolean {
  if (typ === undefined) return profile === 'jwt';
  if (typeof typ !== 'string') return false;
  const name = typ.toLowerCase();
  return ACCESS_TOKEN_TYPES.has(name) || (profile === 'jwt' && PLAIN_TYPES.has(name));
}

function isNotAfter(time: unknown, rules: TokenRules, nowSeconds: number): boolean {
  return time === undefined || (time as number) <= nowSeconds + rules.clockToleranceSeconds;
}

/**
 * Everything that can be known of a token without a key, in the order in which it is checked; the claim checks rely on
 * the types established by the ones above them. The signature comes last, so forgeries that show on their face cost no
 * cryptography and are refused even while the issuer's keys cannot be had (RFC 7519, 7.2; RFC 8725, 3; RFC 9068, 4).
 */
export const tokenChecks: readonly TokenCheck[] = [
  {
    title: 'is signed with RS256',
    reason: 'unsupported_algorithm',
    passes: ({ header }) => header.alg === 'RS256',
  },
  {
    title: 'has no header parameter that we do not support',
    reason: 'unsupported_header',
    passes: ({ header }) => !UNSUPPORTED_HEADERS.some((name) => Object.hasOwn(header, name)),
  },
  {
    title: 'is of the type of an access token',
    reason: 'unsupported_type',
    passes: ({ header }, { profile }) => isAccessTokenType(header.typ, profile),
  },
  {
    title: 'names its key by a string',
    reason: 'malformed_token',
    passes: ({ header }) => isTextOrAbsent(header.kid),
  },
  {
    title: 'has every claim that is required',
    reason: 'missing_claim',
    passes: ({ claims }, { profile }) =>
      (profile === 'rfc9068' ? RFC9068_CLAIMS : REQUIRED_CLAIMS).every((name) => Object.hasOwn(claims, name)),
  },
  {
    title: 'has claims of the right types',
    reason: 'invalid_claim',
    passes: ({ claims }) =>
      isText(claims.iss) &&
      isAudience(claims.aud) &&
      isText(claims.sub) &&
      isTime(claims.exp) &&
      isTimeOrAbsent(claims.nbf) &&
      isTimeOrAbsent(claims.iat) &&
      isTextOrAbsent(claims.jti) &&
      isTextOrAbsent(claims.client_id) &&
      isTextOrAbsent(claims.azp),
  },
  {
    title: 'is an access token and not an ID or logout token',
    reason: 'not_an_access_token',
    passes: ({ claims }) => !FOREIGN_CLAIMS.some((name) => Object.hasOwn(claims, name)),
  },
  {
    // RFC 7800, 3: whoever presents it must prove that they hold a key, which nothing here verifies.
    title: 'is a bearer token, not bound to a key',
    reason: 'sender_constrained_token',
    passes: ({ claims }) => !Object.hasOwn(claims, 'cnf'),
  },
  {
    title: 'was issued by the configured issuer',
    reason: 'wrong_issuer',
    passes: ({ claims }, { issuers }) => issuers.includes(claims.iss as string),
  },
  {
    title: 'is meant for this API',
    reason: 'wrong_audience',
    passes: ({ claims: { aud } }, { audiences }) =>
      Array.isArray(aud) ? aud.some((name) => audiences.includes(name)) : audiences.includes(aud as string),
  },
  {
    title: 'has not expired',
    reason: 'token_expired',
    passes: ({ claims }, { clockToleranceSeconds }, nowSeconds) =>
      nowSeconds < (claims.exp as number) + clockToleranceSeconds,
  },
  {
    title: 'is valid already',
    reason: 'token_not_yet_valid',
    passes: ({ claims }, rules, nowSeconds) => isNotAfter(claims.nbf, rules, nowSeconds),
  },
  {
    title: 'was not issued in the future',
    reason: 'issued_in_future',
    passes: ({ claims }, rules, nowSeconds) => isNotAfter(claims.iat, rules, nowSeconds),
  },
];

/**
 * Refuses a token at the first check that it fails.
 *
 * @throws InvalidToken with the reason
 */
export function assertAcceptable(token: AccessToken, rules: TokenRules): void {
  const nowSeconds = Date.now() / 1000;
  for (const { passes, reason } of tokenChecks) {
    if (!passes(token, rules, nowSeconds)) throw new InvalidToken(reason);
  }
}
