import { type KeyObject, verify } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import { parseAccessToken } from './access-token.js';
import { AuthError, InvalidToken, KeysUnavailable } from './auth.errors.js';
import { AUTH_OPTIONS, type AuthOptions } from './auth.options.js';
import { type BearerRequest, bearerToken } from './bearer-token.js';
import { issuerSpellings } from './issuer-metadata.js';
import { type Principal, toPrincipal } from './principal.js';
import { SigningKeys } from './signing-keys.js';
import { assertAcceptable, type TokenRules } from './token-checks.js';

/** One authentication under way: what passport calls the request. */
interface Attempt {
  readonly request: BearerRequest;
  key?: KeyObject;
}

/** Who sent a request, and how we know. */
export interface Authentication {
  readonly principal: Principal;
  /** The key that verified the token's signature. */
  readonly key: KeyObject;
}

type KeyCallback = (error: unknown, key?: KeyObject) => void;
/** The methods that passport lends to a strategy for one request. */
type Outcome = {
  success: (principal: Principal, key: KeyObject) => void;
  fail: (challenge: unknown) => void;
  error: (error: unknown) => void;
  authenticate: (attempt: Attempt) => void;
};

/**
 * The passport strategy `jwt`: verifies RS256 access tokens with the issuer's current keys. passport-jwt and
 * jsonwebtoken verify the signature and the registered claims; `tokenChecks` runs before them, stricter and with a
 * reason for every refusal.
 */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  private readonly rules: Omit<TokenRules, 'issuers'>;
  private readonly grantsFrom;

  constructor(
    @Inject(AUTH_OPTIONS) options: AuthOptions,
    private readonly keys: SigningKeys,
  ) {
    const { audiences, clockToleranceSeconds = 5, profile = 'jwt', grantsFrom = 'scope' } = options;
    super({
      jwtFromRequest: ({ request }: Attempt) => bearerToken(request),
      secretOrKeyProvider: (attempt: Attempt, token: string, done: KeyCallback) =>
        this.keyFor(attempt, token).then((key) => done(null, key), done),
      passReqToCallback: true,
      algorithms: ['RS256'],
      audience: [...audiences],
      issuer: [options.issuer ?? issuerSpellings(options.issuerBaseUrl)].flat(),
      jsonWebTokenOptions: { clockTolerance: clockToleranceSeconds },
    } as never);
    this.rules = { audiences, clockToleranceSeconds, profile };
    this.grantsFrom = grantsFrom;
  }

  /**
   * Authenticates a request. Runs the strategy as `passport.authenticate` would, without going through its middleware.
   *
   * @throws AuthError when the credentials are missing or refused
   * @throws KeysUnavailable when they cannot be judged now
   */
  authenticateRequest(request: BearerRequest): Promise<Authentication> {
    return new Promise((resolve, reject) => {
      const run = Object.create(this) as Outcome;
      run.success = (principal, key) => resolve({ principal, key });
      run.fail = (challenge) => reject(toAuthError(challenge));
      run.error = reject;
      run.authenticate({ request });
    });
  }

  /** Called by passport-jwt with the claims of a token whose signature fits. */
  validate({ key }: Attempt, claims: Record<string, unknown>): [Principal, KeyObject] {
    return [toPrincipal(claims, this.grantsFrom), key as KeyObject];
  }

  private async keyFor(attempt: Attempt, token: string): Promise<KeyObject> {
    const parsed = parseAccessToken(token);
    assertAcceptable(parsed, { ...this.rules, issuers: this.keys.issuers });
    const known = this.keys.find(parsed.header.kid as string | undefined);
    const candidates = known instanceof Promise ? await known : known;
    // The issuer may have become known meanwhile, and with it the one spelling of its name.
    if (known instanceof Promise) assertAcceptable(parsed, { ...this.rules, issuers: this.keys.issuers });
    const [only, ...others] = candidates;
    attempt.key = only && others.length === 0 ? only : fittingKey(token, candidates);
    return attempt.key;
  }
}

/** Of several keys the one that verifies the token, as passport-jwt takes only one. */
function fittingKey(token: string, candidates: readonly KeyObject[]): KeyObject {
  const end = token.lastIndexOf('.');
  const content = Buffer.from(token.slice(0, end));
  const signature = Buffer.from(token.slice(end + 1), 'base64url');
  const key = candidates.find((candidate) => verify('RSA-SHA256', content, candidate, signature));
  if (!key) throw new InvalidToken('bad_signature');
  return key;
}

/** What is left for jsonwebtoken to object to, after `tokenChecks`, is the signature. */
function toAuthError(challenge: unknown): Error {
  if (challenge instanceof AuthError || challenge instanceof KeysUnavailable) return challenge;
  return new InvalidToken('bad_signature', { cause: challenge });
}
