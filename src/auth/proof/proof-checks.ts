import { type AccessToken, hasUnsupportedHeader } from '../token/access-token.js';
import { isText, isTime } from '../token/claims.js';
import { algorithmNamed, type SigningAlgorithm } from '../keys/algorithms.js';
import { InvalidDpopProof, type ProofRefusalReason } from './proof.errors.js';
import { fitsAlgorithm, isSecret } from './proof-keys.js';
import { isSameUri } from './request-uri.js';

/** What a proof is held against: the request that it came with, and the settings. */
export interface ProofRules {
  /** The HTTP method of the request. */
  readonly method: string;
  /** Where the request was sent to, without query; see `requestUri`. */
  readonly uri: string;
  /** SHA-256 of the access token in base64url. */
  readonly tokenHash: string;
  /** The accepted `alg` values. */
  readonly algorithms: readonly SigningAlgorithm[];
  /** How old a proof may be, in seconds. */
  readonly maxAgeSeconds: number;
  /** Clock difference that is forgiven, in seconds. */
  readonly clockToleranceSeconds: number;
}

/** One thing that is checked about a proof before its signature is. */
export interface ProofCheck {
  /** What holds when the check passes, as a person reads it. */
  readonly title: string;
  readonly reason: ProofRefusalReason;
  readonly passes: (proof: AccessToken, rules: ProofRules, nowSeconds: number) => boolean;
}

/** The claims that a proof beside an access token must have (RFC 9449, 4.2). */
export const REQUIRED_PROOF_CLAIMS = ['jti', 'htm', 'htu', 'iat', 'ath'];

const isTimeOrAbsent = (value: unknown) => value === undefined || isTime(value);

/**
 * Everything that can be known of a well-formed proof without cryptography, in the order in which it is checked; later
 * checks rely on the types established by earlier ones (RFC 9449, 4.3).
 */
export const proofChecks: readonly ProofCheck[] = [
  {
    title: 'is of the type of a DPoP proof',
    reason: 'wrong_proof_type',
    passes: ({ header: { typ } }) =>
      typeof typ === 'string' && ['dpop+jwt', 'application/dpop+jwt'].includes(typ.toLowerCase()),
  },
  {
    title: 'is signed with an algorithm that is allowed',
    reason: 'unsupported_proof_algorithm',
    passes: ({ header }, { algorithms }) => {
      const algorithm = algorithmNamed(header.alg);
      return algorithm !== undefined && algorithms.includes(algorithm);
    },
  },
  {
    title: 'has no header parameter that we do not support',
    reason: 'unsupported_proof_header',
    passes: (proof) => !hasUnsupportedHeader(proof),
  },
  {
    title: 'gives no private or symmetric key away',
    reason: 'private_proof_key',
    passes: ({ header }) => !isSecret(header.jwk),
  },
  {
    title: 'has a public key that fits its algorithm',
    reason: 'unusable_proof_key',
    passes: ({ header }) => fitsAlgorithm(header.jwk, header.alg),
  },
  {
    title: 'has every claim that is required',
    reason: 'missing_proof_claim',
    passes: ({ claims }) => REQUIRED_PROOF_CLAIMS.every((name) => Object.hasOwn(claims, name)),
  },
  {
    title: 'has claims of the right types',
    reason: 'invalid_proof_claim',
    passes: ({ claims }) =>
      isText(claims.jti) &&
      isText(claims.htm) &&
      isText(claims.htu) &&
      isText(claims.ath) &&
      isTime(claims.iat) &&
      isTimeOrAbsent(claims.exp) &&
      isTimeOrAbsent(claims.nbf) &&
      (claims.nonce === undefined || isText(claims.nonce)),
  },
  {
    title: 'is for the method of the request',
    reason: 'wrong_proof_method',
    passes: ({ claims }, { method }) => claims.htm === method,
  },
  {
    title: 'is for the URI of the request',
    reason: 'wrong_proof_uri',
    passes: ({ claims }, { uri }) => isSameUri(claims.htu as string, uri),
  },
  {
    title: 'is for the access token of the request',
    reason: 'wrong_proof_token',
    passes: ({ claims }, { tokenHash }) => claims.ath === tokenHash,
  },
  {
    title: 'was made a short while ago',
    reason: 'proof_too_old',
    passes: ({ claims }, rules, nowSeconds) => nowSeconds < expiryOf(claims, rules),
  },
  {
    title: 'was not made in the future',
    reason: 'proof_from_future',
    passes: ({ claims: { iat, nbf } }, { clockToleranceSeconds }, nowSeconds) =>
      Math.max(iat as number, (nbf as number | undefined) ?? 0) <= nowSeconds + clockToleranceSeconds,
  },
];

/** When a proof ceases to be good: seconds since 1970-01-01T00:00:00Z. */
export function expiryOf(
  { iat, exp = Number.POSITIVE_INFINITY }: { iat?: unknown; exp?: unknown },
  { maxAgeSeconds, clockToleranceSeconds }: ProofRules,
): number {
  return Math.min((iat as number) + maxAgeSeconds, exp as number) + clockToleranceSeconds;
}

/**
 * Refuses a proof at the first check that it fails.
 *
 * @throws InvalidDpopProof with the reason
 */
export function assertFits(proof: AccessToken, rules: ProofRules, nowSeconds: number): void {
  for (const { passes, reason } of proofChecks) {
    if (!passes(proof, rules, nowSeconds)) throw new InvalidDpopProof(reason);
  }
}
