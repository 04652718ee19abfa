import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { AccessRules } from './access/access.rules.js';
import { AuthError, KeysUnavailable } from './auth.errors.js';
import { type AuthDecision, authDecisions, tokenVerifications } from './auth.events.js';
import { assertSentOnce, type BearerRequest } from './token/bearer-token.js';
import {
  type Authentication,
  REQUEST_AUTHENTICATOR,
  type RequestAuthenticator,
} from './token/token-verifier.js';
import type { Principal } from './token/principal.js';
import { VerifiedTokens } from './token/verified-tokens.js';

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
    @Inject(REQUEST_AUTHENTICATOR) private readonly authenticator: RequestAuthenticator,
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
    return accept(request, principal, 'remembered');
  }

  private authenticate(request: AuthenticatedRequest, token: string | undefined): boolean | Promise<boolean> {
    try {
      const principal = this.verifyOnce(request, token);
      if (!(principal instanceof Promise)) return accept(request, principal, 'verified');
      return principal.then((verified) => accept(request, verified, 'verified'), refuse);
    } catch (error) {
      return refuse(error);
    }
  }

  /**
   * Requests that bring the same new token while keys are fetched share one verification; each still answers for how it
   * sent it.
   */
  private verifyOnce(request: BearerRequest, token: string | undefined): Principal | Promise<Principal> {
    const pending = token !== undefined && this.underWay.size > 0 ? this.underWay.get(token) : undefined;
    if (pending !== undefined) {
      assertSentOnce(request);
      return pending;
    }
    const startedAt = performance.now();
    let authentication: Authentication | Promise<Authentication>;
    try {
      authentication = this.authenticator.authenticateRequest(request);
    } catch (error) {
      publishDuration(startedAt);
      throw error;
    }
    if (authentication instanceof Promise) return this.share(token, authentication, startedAt);
    publishDuration(startedAt);
    return this.remember(token, authentication);
  }

  private share(token: string | undefined, authentication: Promise<Authentication>, startedAt: number) {
    const principal = authentication
      .then((settled) => this.remember(token, settled))
      .finally(() => {
        publishDuration(startedAt);
        if (token !== undefined) this.underWay.delete(token);
      });
    if (token !== undefined) this.underWay.set(token, principal);
    return principal;
  }

  private remember(token: string | undefined, { principal, key }: Authentication): Principal {
    if (token !== undefined) this.verifiedTokens.add(token, principal, key);
    return principal;
  }
}

function accept(
  request: AuthenticatedRequest,
  principal: Principal,
  reason: 'remembered' | 'verified',
): true {
  request.user = principal;
  publish({ outcome: 'accepted', reason });
  return true;
}

/** @throws the error, once it has been counted */
function refuse(error: unknown): never {
  publish(
    error instanceof AuthError
      ? { outcome: 'refused', reason: error.reason }
      : { outcome: 'undecided', reason: error instanceof KeysUnavailable ? 'keys_unavailable' : 'error' },
  );
  throw error;
}

/** What stands behind the usual spelling of the scheme: good enough to look it up, not to trust it. */
function assumedToken({ headers: { authorization } }: BearerRequest): string | undefined {
  return authorization?.startsWith(SCHEME) ? authorization.slice(SCHEME.length) : undefined;
}

function publish(decision: AuthDecision): void {
  if (authDecisions.hasSubscribers) authDecisions.publish(decision);
}

function publishDuration(startedAt: number): void {
  if (!tokenVerifications.hasSubscribers) return;
  tokenVerifications.publish({ durationSeconds: (performance.now() - startedAt) / 1000 });
}
