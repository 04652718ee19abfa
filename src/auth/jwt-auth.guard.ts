import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { AccessChecks } from './access/access.checks.js';
import type { AccessRule } from './access/access.decorators.js';
import { AccessRules } from './access/access.rules.js';
import { AuthError, KeysUnavailable, MissingToken } from './auth.errors.js';
import { type AuthDecision, authDecisions, tokenVerifications } from './auth.events.js';
import type { AnswerHead, AuthenticatedRequest } from './authenticated-request.js';
import { Challenges } from './challenges.js';
import type { ProofOutcome } from './proof/dpop-proofs.js';
import { SenderConstraints } from './proof/sender-constraints.js';
import { assertBearerToken, assertNotInBody, credentialsOf, schemeOf } from './token/bearer-token.js';
import {
  type Authentication,
  REQUEST_AUTHENTICATOR,
  type RequestAuthenticator,
} from './token/token-verifier.js';
import type { Principal } from './token/principal.js';
import { VerifiedTokens } from './token/verified-tokens.js';

/**
 * Lets a request pass when its route is public or its access token is good, and leaves the `Principal` on it
 * (RFC 6750). Denies what no rule is known for.
 *
 * `RouteDecisions` has asked it already, before any of the body was read; then it finds that decision on the request. It
 * decides by itself wherever a request came another way.
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
    private readonly checks: AccessChecks,
    private readonly constraints: SenderConstraints,
    private readonly challenges: Challenges,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const rule = this.rules.of(context);
    if (rule === undefined) return false;
    const http = context.switchToHttp();
    const request: AuthenticatedRequest = http.getRequest();
    const response: AnswerHead = http.getResponse();
    // Its body was left unread (platforms/express.ts), so no handler can serve it, not even one that is public.
    const { refusal } = request;
    if (!refusal && rule.kind === 'public') return true;
    return this.challenges.around(request, response, () => {
      if (refusal) throw refusal;
      const pending = request.grantedRule === rule ? undefined : this.authenticate(request, rule, response);
      return pending ? pending.then(() => this.lookIntoBody(request)) : this.lookIntoBody(request);
    });
  }

  /**
   * Establishes who sends a request, from its head alone: at once, unless keys must be fetched or a check has to wait.
   *
   * @param rule of the route, which is not public
   * @throws AuthError, KeysUnavailable, and what the checks throw
   */
  authenticate(request: AuthenticatedRequest, rule: AccessRule, reply?: AnswerHead): void | Promise<void> {
    request.askedRule = rule;
    request.tokenScheme = schemeOf(request);
    const token = this.credentialsOf(request);
    const remembered = this.verifiedTokens.find(token);
    if (remembered) return this.accept(request, token, remembered, 'remembered', reply);
    const pending = this.checks.beforeVerification(request);
    return pending
      ? pending.then(() => this.verifyAndAccept(request, token, reply))
      : this.verifyAndAccept(request, token, reply);
  }

  private verifyAndAccept(
    request: AuthenticatedRequest,
    token: string,
    reply?: AnswerHead,
  ): void | Promise<void> {
    const principal = this.verify(request, token);
    return principal instanceof Promise
      ? principal.then((verified) => this.accept(request, token, verified, 'verified', reply))
      : this.accept(request, token, principal, 'verified', reply);
  }

  private credentialsOf(request: AuthenticatedRequest): string {
    try {
      // Where DPoP is off, `DPoP` is a scheme like any other that is not known here.
      if (request.tokenScheme === 'DPoP' && !this.constraints.isOn) throw new MissingToken();
      return credentialsOf(request);
    } catch (error) {
      return this.refuse(request, error);
    }
  }

  private verify(request: AuthenticatedRequest, token: string): Principal | Promise<Principal> {
    try {
      const principal = this.verifyOnce(token);
      return principal instanceof Promise
        ? principal.catch((error: unknown) => this.refuse(request, error))
        : principal;
    } catch (error) {
      return this.refuse(request, error);
    }
  }

  /** Requests that bring the same new token while keys are fetched share one verification. */
  private verifyOnce(token: string): Principal | Promise<Principal> {
    const pending = this.underWay.size > 0 ? this.underWay.get(token) : undefined;
    if (pending !== undefined) return pending;
    const startedAt = performance.now();
    let authentication: Authentication | Promise<Authentication>;
    try {
      assertBearerToken(token);
      authentication = this.authenticator.authenticateToken(token);
    } catch (error) {
      publishDuration(startedAt);
      throw error;
    }
    if (authentication instanceof Promise) return this.share(token, authentication, startedAt);
    publishDuration(startedAt);
    return this.remember(token, authentication);
  }

  private share(token: string, authentication: Promise<Authentication>, startedAt: number) {
    const principal = authentication
      .then((settled) => this.remember(token, settled))
      .finally(() => {
        publishDuration(startedAt);
        this.underWay.delete(token);
      });
    this.underWay.set(token, principal);
    return principal;
  }

  private remember(token: string, { principal, key }: Authentication): Principal {
    this.verifiedTokens.add(token, principal, key);
    return principal;
  }

  private accept(
    request: AuthenticatedRequest,
    token: string,
    principal: Principal,
    reason: 'remembered' | 'verified',
    reply?: AnswerHead,
  ): void | Promise<void> {
    const proof = this.judgeSender(request, token, principal);
    if (proof === undefined) return this.letIn(request, principal, reason, reply);
    const proceed = ({ nextNonce }: ProofOutcome) => {
      if (nextNonce !== undefined) void reply?.header('dpop-nonce', nextNonce);
      return this.letIn(request, principal, reason, reply);
    };
    return proof instanceof Promise ? proof.then(proceed) : proceed(proof);
  }

  /** Remembered or not, whoever sends a token must show at every request that it is theirs. */
  private judgeSender(request: AuthenticatedRequest, token: string, principal: Principal) {
    try {
      const proof = this.constraints.judge(request, request.tokenScheme ?? 'Bearer', token, principal);
      return proof instanceof Promise ? proof.catch((error: unknown) => this.refuse(request, error)) : proof;
    } catch (error) {
      return this.refuse(request, error);
    }
  }

  private letIn(
    request: AuthenticatedRequest,
    principal: Principal,
    reason: 'remembered' | 'verified',
    reply?: AnswerHead,
  ): void | Promise<void> {
    request.user = principal;
    let pending: void | Promise<void>;
    try {
      pending = this.checks.afterVerification(request, principal, reply);
    } catch (error) {
      return this.refuse(request, error);
    }
    return pending
      ? this.acceptOnceChecked(pending, request, reason)
      : publish({ outcome: 'accepted', reason });
  }

  private async acceptOnceChecked(
    pending: Promise<void>,
    request: AuthenticatedRequest,
    reason: 'verified' | 'remembered',
  ): Promise<void> {
    try {
      await pending;
    } catch (error) {
      if (error instanceof AuthError) return this.refuse(request, error);
      // As of a limit, which says nothing about the token.
      publish({ outcome: 'accepted', reason });
      throw error;
    }
    publish({ outcome: 'accepted', reason });
  }

  /** @throws the error, once it has been counted */
  private refuse(request: AuthenticatedRequest, error: unknown): never {
    if (error instanceof AuthError) {
      publish({ outcome: 'refused', reason: error.reason });
      this.checks.onRefusal(request, error);
    } else {
      const reason = error instanceof KeysUnavailable ? 'keys_unavailable' : 'error';
      publish({ outcome: 'undecided', reason });
    }
    throw error;
  }

  /** A client must not send its token a second time in the body (RFC 6750, 2), which is read only for a known caller. */
  private lookIntoBody(request: AuthenticatedRequest): true {
    try {
      assertNotInBody(request);
      return true;
    } catch (error) {
      return this.refuse(request, error);
    }
  }
}

function publish(decision: AuthDecision): void {
  if (authDecisions.hasSubscribers) authDecisions.publish(decision);
}

function publishDuration(startedAt: number): void {
  if (!tokenVerifications.hasSubscribers) return;
  tokenVerifications.publish({ durationSeconds: (performance.now() - startedAt) / 1000 });
}
