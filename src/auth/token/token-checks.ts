import { type AccessToken, hasUnsupportedHeader } from './access-token.js';
import { InvalidToken, type RefusalReason } from '../auth.errors.js';
import type { TokenProfile } from '../issuers/issuer.options.js';
import { algorithmNamed, type SigningAlgorithm } from '../keys/algorithms.js';
import {
  audienceOf,
  hasRequired,
  malformedClaims,
  missingClaims,
  type RequiredClaim,
} from './claim-checks.js';
import { type ConfirmationMethod, isVerifiable } from '../proof/confirmation.js';
import { ACCESS_TOKEN_TYPES, isAccessToken } from './token-kind.js';

/** What an access token is held against: the rules of its issuer. */
export interface TokenRules {
  /** What it may be signed with. */
  readonly algorithms: readonly SigningAlgorithm[];
  /** The acceptable `iss` values, compared exactly; one as soon as the issuer is known, unless it has several names. */
  readonly issuers: readonly string[];
  /** The names of this API; the token's `aud` must hold one of them. */
  readonly audiences: readonly string[];
  /** The claim that must hold one of them in a token without `aud`; `aud` for none. */
  readonly audienceClaim: string;
  /** The claims that may name the subject, in the order in which they are looked for. */
  readonly subjectClaims: readonly string[];
  readonly requiredClaims: readonly RequiredClaim[];
  /** How a token may be bound to its sender, as far as that is verified; none: bound tokens are refused. */
  readonly confirmationMethods: readonly ConfirmationMethod[];
  /** Clock difference that is forgiven, in seconds. */
  readonly clockToleranceSeconds: number;
  /** `rfc9068` makes `typ: at+jwt` and the claims of RFC 9068, 2.2 mandatory. */
  readonly profile: TokenProfile;
}

/** One thing that is checked about a token before its signature is. */
export interface TokenCheck {
  /** What holds when the check passes, as a person reads it. */
  readonly title: string;
  readonly reason: RefusalReason;
  readonly passes: (token: AccessToken, rules: TokenRules, nowSeconds: number) => boolean;
}

const PLAIN_TYPES: ReadonlySet<unknown> = new Set(['jwt', 'application/jwt']);

function isAccessTokenType(typ: unknown, profile: TokenProfile): boolean {
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
    title: 'is signed with an algorithm that is allowed',
    reason: 'unsupported_algorithm',
    passes: ({ header }, { algorithms }) => {
      const algorithm = algorithmNamed(header.alg);
      return algorithm !== undefined && algorithms.includes(algorithm);
    },
  },
  {
    title: 'has no header parameter that we do not support',
    reason: 'unsupported_header',
    passes: (token) => !hasUnsupportedHeader(token),
  },
  {
    title: 'is of the type of an access token',
    reason: 'unsupported_type',
    passes: ({ header }, { profile }) => isAccessTokenType(header.typ, profile),
  },
  {
    title: 'names its key by a string',
    reason: 'malformed_token',
    passes: ({ header: { kid } }) => kid === undefined || (typeof kid === 'string' && kid !== ''),
  },
  {
    title: 'has every claim that is required',
    reason: 'missing_claim',
    passes: (token, rules) => missingClaims(token, rules).length === 0,
  },
  {
    title: 'has claims of the right types',
    reason: 'invalid_claim',
    passes: (token, rules) => malformedClaims(token, rules).length === 0,
  },
  {
    title: 'is an access token and not an ID or logout token',
    reason: 'not_an_access_token',
    passes: isAccessToken,
  },
  {
    // RFC 7800, 3: whoever presents it must prove that they are its sender.
    title: 'is not bound to its sender in a way that cannot be verified here',
    reason: 'unverifiable_binding',
    passes: ({ claims }, { confirmationMethods }) =>
      !Object.hasOwn(claims, 'cnf') || isVerifiable(claims.cnf, confirmationMethods),
  },
  {
    title: 'was issued by the configured issuer',
    reason: 'wrong_issuer',
    passes: ({ claims }, { issuers }) => issuers.includes(claims.iss as string),
  },
  {
    title: 'is meant for this API',
    reason: 'wrong_audience',
    passes: ({ claims }, rules) => {
      const audience = audienceOf(claims, rules);
      return Array.isArray(audience)
        ? audience.some((name) => rules.audiences.includes(name))
        : rules.audiences.includes(audience as string);
    },
  },
  {
    title: 'has the claims that the settings demand',
    reason: 'required_claim',
    passes: ({ claims }, { requiredClaims }) =>
      requiredClaims.every((required) => hasRequired(claims, required)),
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
