import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { AccessRules } from './access.rules.js';
import { AuthError, KeysUnavailable } from './auth.errors.js';
import { type AuthDecision, authDecisions, tokenVerifications } from './auth.events.js';
import { assertSentOnce, type BearerRequest } from './bearer-token.js';
import { JwtStrategy } from './jwt.strategy.js';
import type { Principal } from './principal.js';
import { VerifiedTokens } from './verified-tokens.js';

/** A request on which the guard has left the caller. */
export type AuthenticatedRequest = BearerRequest & { user?: Principal };

const SCHEME = 'Bearer ';

/**
 * Lets a request pass when its route is public or its access token is good, and leaves the `Principal` on it
 * (RFC 6750). Denies what no rule is known for.
 *
 * @throws AuthError 400 or 401
 * @throws KeysUnavailable 503
 */
@Injectable()
export class JwtAuthGuard implements CanActivate {
  private readonly underWay = new Map<string, Promise<Principal>>();

  constructor(
    private readonly rules: AccessRules,
    private readonly strategy: JwtStrategy,
    private readonly verifiedTokens: VerifiedTokens,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const rule = this.rules.of(context);
    if (rule === undefined) return false;
    if (rule.kind === 'public') return true;
    const request: AuthenticatedRequest = context.switchToHttp().getRequest();
    const token = assumedToken(request);
    const principal = token === undefined ? undefined : this.verifiedTokens.find(token);
    if (principal === undefined) return this.authenticate(request, token);
    assertSentOnce(request);
    request.user = principal;
    publish({ outcome: 'accepted', reason: 'remembered' });
    return true;
  }

  private async authenticate(request: AuthenticatedRequest, token: string | undefined): Promise<boolean> {
    try {
      request.user = await this.verifyOnce(request, token);
      publish({ outcome: 'accepted', reason: 'verified' });
      return true;
    } catch (error) {
      publish(
        error instanceof AuthError
          ? { outcome: 'refused', reason: error.reason }
          : { outcome: 'undecided', reason: error instanceof KeysUnavailable ? 'keys_unavailable' : 'error' },
      );
      throw error;
    }
  }

  /** Requests that bring the same new token at once share one verification; each still answers for how it sent it. */
  private async verifyOnce(request: AuthenticatedRequest, token: string | undefined): Promise<Principal> {
    if (token === undefined) return this.verify(request, token);
    assertSentOnce(request);
    const pending = this.underWay.get(token) ?? this.verify(request, token);
    this.underWay.set(token, pending);
    try {
      return await pending;
    } finally {
      this.underWay.delete(token);
    }
  }

  private async verify(request: BearerRequest, token: string | undefined): Promise<Principal> {
    const startedAt = tokenVerifications.hasSubscribers ? performance.now() : 0;
    try {
      const { principal, key } = await this.strategy.authenticateRequest(request);
      if (token !== undefined) this.verifiedTokens.add(token, principal, key);
      return principal;
    } finally {
      if (tokenVerifications.hasSubscribers) {
        tokenVerifications.publish({ durationSeconds: (performance.now() - startedAt) / 1000 });
      }
    }
  }
}

/** What stands behind the usual spelling of the scheme: good enough to look it up, not to trust it. */
function assumedToken({ headers: { authorization } }: BearerRequest): string | undefined {
  return authorization?.startsWith(SCHEME) ? authorization.slice(SCHEME.length) : undefined;
}

function publish(decision: AuthDecision): void {
  if (authDecisions.hasSubscribers) authDecisions.publish(decision);
}
