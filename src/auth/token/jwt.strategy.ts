import { createVerify, type KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import { parseAccessToken, type SignedAccessToken } from './access-token.js';
import { AuthError, InvalidToken } from '../auth.errors.js';
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

/** The methods that passport lends to a strategy for one request. */
interface Outcome {
  success(principal: Principal): void;
  fail(challenge: Error): void;
  error(error: unknown): void;
}

/**
 * The passport strategy `jwt`: verifies RS256 access tokens (RFC 7515, 5.2; RFC 7519, 7.2) with the issuer's current
 * keys.
 *
 * Of passport-jwt it is the interface. What that does with a token, handing it to jsonwebtoken, takes it apart twice
 * more: a sixth of the time that a request with a new token needs. Here a token is taken apart once, and what was
 * checked is what was signed.
 */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  private readonly rules: TokenRules;
  private readonly grantsFrom;

  constructor(
    @Inject(AUTH_OPTIONS) options: AuthOptions,
    private readonly keys: SigningKeys,
  ) {
    // passport-jwt insists on a source of keys, which only its own `authenticate` would ask.
    super({ jwtFromRequest: bearerToken as never, secretOrKeyProvider: () => undefined });
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

  /** Called by `passport.authenticate`. */
  override authenticate(this: this & Outcome, request: unknown): void {
    const authenticated = async () => this.authenticateRequest(request as BearerRequest);
    authenticated().then(
      ({ principal }) => this.success(principal),
      (error: unknown) => (error instanceof AuthError ? this.fail(error) : this.error(error)),
    );
  }

  /**
   * Authenticates a request: at once when the token's key is known, else after a fetch of the keys. The guard calls it
   * directly: the way through passport's middleware would cost every new token its time, and with some hundred of them
   * at once teaches V8 to keep the objects of requests for long.
   *
   * @throws AuthError when the credentials are missing or refused
   * @throws KeysUnavailable when they cannot be judged now
   */
  authenticateRequest(request: BearerRequest): Authentication | Promise<Authentication> {
    const token = parseAccessToken(bearerToken(request));
    assertAcceptable(token, this.rules);
    const candidates = this.keys.find(token.header.kid as string | undefined);
    return candidates instanceof Promise
      ? this.verifyLater(token, candidates)
      : this.verify(token, candidates);
  }

  /** The principal that a verified token's claims make. */
  validate(claims: Record<string, unknown>): Principal {
    return toPrincipal(claims, this.grantsFrom);
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
    // In a loop `verify` takes as long; between other work, as here, it takes 4 us more.
    const key = candidates.find((candidate) =>
      createVerify('sha256').update(signingInput, 'latin1').verify(candidate, signature, 'base64url'),
    );
    if (!key) throw new InvalidToken('bad_signature');
    return { principal: this.validate(claims), key };
  }
}
