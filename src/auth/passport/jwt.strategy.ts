import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import { AuthError, InvalidToken } from '../auth.errors.js';
import { type BearerRequest, bearerToken } from '../token/bearer-token.js';
import type { Principal } from '../token/principal.js';
import { type Authentication, type RequestAuthenticator, TokenVerifier } from '../token/token-verifier.js';

/** The methods that passport lends to a strategy for one request. */
interface Outcome {
  success(principal: Principal): void;
  fail(challenge: Error): void;
  error(error: unknown): void;
}

/**
 * The passport strategy `jwt`. It has passport-jwt's interface, so it can be used wherever a strategy can, but not its
 * way of verifying: passport-jwt hands a token to jsonwebtoken, which takes it apart twice more and says little of what
 * was wrong.
 */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') implements RequestAuthenticator {
  constructor(private readonly verifier: TokenVerifier) {
    // passport-jwt insists on a source of keys, which only its own `authenticate` would ask.
    super({ jwtFromRequest: bearerToken as never, secretOrKeyProvider: () => undefined });
  }

  /** Called by `passport.authenticate`; success, failure and error go to the methods that passport has lent. */
  override authenticate(this: this & Outcome, request: unknown): void {
    const authenticateRequest = async () => {
      const found = await this.authenticateToken(bearerToken(request as BearerRequest));
      // Passport's way judges no proofs, so a token that needs one is not good here.
      if (found.principal.confirmation) throw new InvalidToken('sender_constrained_token');
      return found;
    };
    authenticateRequest().then(
      ({ principal }) => this.success(principal),
      (error: unknown) => (error instanceof AuthError ? this.fail(error) : this.error(error)),
    );
  }

  /**
   * Called by the guard: the way through passport's middleware would turn an issuer that is away into a 401, and cost
   * every new token its time.
   *
   * @throws AuthError when the token is refused
   * @throws KeysUnavailable when it cannot be judged now
   */
  authenticateToken(token: string): Authentication | Promise<Authentication> {
    return this.verifier.authenticateToken(token);
  }

  /** The principal itself: it was made, and checked, from the token's claims. */
  validate(principal: Principal): Principal {
    return principal;
  }
}
