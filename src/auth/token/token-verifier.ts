import { Injectable } from '@nestjs/common';
import { parseAccessToken, type SignedAccessToken } from './access-token.js';
import { InvalidToken } from '../auth.errors.js';
import type { TrustedIssuer } from '../issuers/trusted-issuer.js';
import { TrustedIssuers } from '../issuers/trusted-issuers.js';
import { algorithmNamed, type SigningAlgorithm, verifySignature } from '../keys/algorithms.js';
import type { VerificationKey } from '../keys/key-set.js';
import { type Principal, toPrincipal } from './principal.js';
import { assertAcceptable } from './token-checks.js';

/** Who sent a request, and how we know. */
export interface Authentication {
  readonly principal: Principal;
  /** The key that verified the token's signature. */
  readonly key: VerificationKey;
}

/**
 * What judges access tokens for the guard. `AuthModule` takes `TokenVerifier` itself, or a passport strategy on top of
 * it such as `JwtStrategy`.
 */
export interface RequestAuthenticator {
  /**
   * @param token as `bearerToken` takes it from a request
   * @throws AuthError when it is refused
   * @throws KeysUnavailable when it cannot be judged now
   */
  authenticateToken(token: string): Authentication | Promise<Authentication>;
}

/** Injection token of the `RequestAuthenticator` that the guard asks. */
export const REQUEST_AUTHENTICATOR = Symbol('auth:request-authenticator');

/**
 * Verifies the access tokens of requests (RFC 7515, 5.2; RFC 7519, 7.2): the `iss` of a token says which issuer's rules it
 * is held against and whose current keys may have signed it, and that issuer must be a trusted one. A token is taken apart
 * once, and what was checked is what was signed.
 */
@Injectable()
export class TokenVerifier implements RequestAuthenticator {
  constructor(private readonly issuers: TrustedIssuers) {}

  /** At once when the token's key is known, else after a fetch of the keys. */
  authenticateToken(text: string): Authentication | Promise<Authentication> {
    const token = parseAccessToken(text);
    // A token of nobody known fails the rules of the first issuer at its name, or before.
    const issuer = this.issuers.named(token.claims.iss) ?? this.issuers.all[0];
    assertAcceptable(token, issuer.rules);
    const algorithm = algorithmNamed(token.header.alg) as SigningAlgorithm;
    const candidates = issuer.keys.find(token.header.kid as string | undefined, algorithm);
    return candidates instanceof Promise
      ? this.verifyLater(token, issuer, candidates)
      : this.verify(token, issuer, candidates);
  }

  private async verifyLater(
    token: SignedAccessToken,
    issuer: TrustedIssuer,
    candidates: Promise<readonly VerificationKey[]>,
  ): Promise<Authentication> {
    const keys = await candidates;
    // The issuer may have become known meanwhile, and with it the one spelling of its name.
    assertAcceptable(token, issuer.rules);
    return this.verify(token, issuer, keys);
  }

  /** Verifies the signature by the algorithm that a key serves, with one of several keys. */
  private verify(
    { signingInput, signature, claims }: SignedAccessToken,
    { name, principalRules, accountPrefix }: TrustedIssuer,
    candidates: readonly VerificationKey[],
  ): Authentication {
    const key = candidates.find((candidate) =>
      verifySignature(candidate.algorithm, candidate.key, signingInput, signature),
    );
    if (!key) throw new InvalidToken('bad_signature');
    return { principal: toPrincipal(claims, name, principalRules, accountPrefix), key };
  }
}
