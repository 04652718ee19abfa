import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AuthError } from './auth.errors.js';
import { AUTH_OPTIONS, type AuthOptions } from './auth.options.js';
import type { AuthenticatedRequest } from './authenticated-request.js';
import { challengeOf } from './challenge.js';
import { TrustedIssuers } from './issuers/trusted-issuers.js';
import { SenderConstraints, type TokenScheme } from './proof/sender-constraints.js';

/**
 * Puts challenges on responses (RFC 6750, 3) when the error is thrown, not when a filter answers it: whichever filter an
 * application has for its errors, and in whichever order, the challenge is there.
 */
@Injectable()
export class Challenges {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Inject(AUTH_OPTIONS) private readonly options: AuthOptions,
    private readonly constraints: SenderConstraints,
    private readonly issuers: TrustedIssuers,
  ) {}

  /**
   * Makes a decision, and challenges the client when it is a refusal.
   *
   * @throws what `decide` throws
   */
  around<T>(request: AuthenticatedRequest, response: unknown, decide: () => T | Promise<T>): T | Promise<T> {
    const challenge = (error: unknown): never => {
      if (error instanceof AuthError) this.add(error, request, response);
      // Servers take an error that is nothing for none.
      throw error || new Error('The request was refused without a reason');
    };
    try {
      const decision = decide();
      return decision instanceof Promise ? decision.catch(challenge) : decision;
    } catch (error) {
      return challenge(error);
    }
  }

  /** Adds the challenge of an error to the response, unless that is on its way. */
  add(error: AuthError, request: AuthenticatedRequest, response: unknown): void {
    const { httpAdapter } = this.adapterHost;
    request.refusalReason = error.reason;
    if (httpAdapter.isHeadersSent(response)) return;
    const challenge = challengeOf(error, {
      resourceMetadataUrl: this.options.resourceMetadataUrl,
      rule: request.askedRule,
      scopeToAskFor: this.scopeToAskFor(request),
      scheme: this.schemeFor(request),
      proofAlgorithms: this.constraints.algorithms,
    });
    httpAdapter.setHeader(response, 'www-authenticate', challenge);
  }

  /** How the issuer of the caller writes scopes; whoever is not known yet is told those of the first. */
  private scopeToAskFor({ user }: AuthenticatedRequest): (scope: string) => string {
    const issuer = this.issuers.named(user?.issuer) ?? this.issuers.all[0];
    return (scope) => issuer.scopeToAskFor(scope);
  }

  /** The scheme by which the client can do better: its own, unless every token must be bound to a key. */
  private schemeFor({ tokenScheme, askedRule: rule }: AuthenticatedRequest): TokenScheme {
    const { isOn, isProofRequired } = this.constraints;
    if (!isOn) return 'Bearer';
    const isProofNeeded = rule !== undefined && rule.kind !== 'public' && rule.senderConstrained;
    return isProofRequired || isProofNeeded ? 'DPoP' : (tokenScheme ?? 'Bearer');
  }
}
