import { createVerify, type KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { parseAccessToken, type SignedAccessToken } from './access-token.js';
import { InvalidToken } from '../auth.errors.js';
import { AUTH_OPTIONS, type AuthOptions } from '../auth.options.js';
import { type BearerRequest, bearerToken } from './bearer-token.js';
import { type Principal, toPrincipal } from './principal.js';
import { SigningKeys } from '../keys/signing-keys.js';
import { assertAcceptable, type TokenRules } from './token-checks.js';

/** Who sent a request, and how we know. */
export interface Authentication {
  readonly principal: Principal;
  /** The key that verified the token's signature. */
  readonly key: KeyObject;
}

/**
 * What authenticates requests for the guard. `AuthModule` takes `TokenVerifier` itself, or a passport strategy on top of
 * it such as `JwtStrategy`.
 */
export interface RequestAuthenticator {
  /**
   * @throws AuthError when the credentials are missing or refused
   * @throws KeysUnavailable when they cannot be judged now
   */
  authenticateRequest(request: BearerRequest): Authentication | Promise<Authentication>;
}

/** Injection token of the `RequestAuthenticator` that the guard asks. */
export const REQUEST_AUTHENTICATOR = Symbol('auth:request-authenticator');

/**
 * Verifies the access tokens of requests: RS256 (RFC 7515, 5.2; RFC 7519, 7.2) with the issuer's current keys. A token is
 * taken apart once, and what was checked is what was signed.
 */
@Injectable()
export class TokenVerifier implements RequestAuthenticator {
  private readonly rules: TokenRules;
  private readonly grantsFrom;

  constructor(
    @Inject(AUTH_OPTIONS) options: AuthOptions,
    private readonly keys: SigningKeys,
  ) {
    const { audiences, clockToleranceSeconds = 5, profile = 'jwt', grantsFrom = 'scope' } = options;
    this.rules = {
      audiences,
      clockToleranceSeconds,
      profile,
      get issuers() {
        return keys.issuers;
      },
    };
    this.grantsFrom = grantsFrom;
  }

  /** At once when the token's key is known, else after a fetch of the keys. */
  authenticateRequest(request: BearerRequest): Authentication | Promise<Authentication> {
    const token = parseAccessToken(bearerToken(request));
    assertAcceptable(token, this.rules);
    const candidates = this.keys.find(token.header.kid as string | undefined);
    return candidates instanceof Promise
      ? this.verifyLater(token, candidates)
      : this.verify(token, candidates);
  }

  private async verifyLater(
    token: SignedAccessToken,
    candidates: Promise<readonly KeyObject[]>,
  ): Promise<Authentication> {
    const keys = await candidates;
    // The issuer may have become known meanwhile, and with it the one spelling of its name.
    assertAcceptable(token, this.rules);
    return this.verify(token, keys);
  }

  /** Verifies the signature by RS256 (RFC 7518, 3.3), whatever the token's header says, with one of several RSA keys. */
  private verify(
    { signingInput, signature, claims }: SignedAccessToken,
    candidates: readonly KeyObject[],
  ): Authentication {
    // Not `crypto.verify`, which takes 4 us longer whenever other work lies between two calls, as it does in a server.
    const key = candidates.find((candidate) =>
      createVerify('sha256').update(signingInput, 'latin1').verify(candidate, signature, 'base64url'),
    );
    if (!key) throw new InvalidToken('bad_signature');
    return { principal: toPrincipal(claims, this.grantsFrom), key };
  }
}
