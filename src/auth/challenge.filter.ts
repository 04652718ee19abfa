import { type ArgumentsHost, Catch, Inject, Injectable, Optional } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { PROBLEM_DOCUMENTATION, ProblemFilter } from '../problems/problem.filter.js';
import { AuthError } from './auth.errors.js';
import { AUTH_OPTIONS, type AuthOptions } from './auth.options.js';
import type { AuthenticatedRequest } from './authenticated-request.js';
import { SenderConstraints, type TokenScheme } from './proof/sender-constraints.js';
import { challengeOf } from './challenge.js';

/** Answers errors of authentication and authorization with their challenge (RFC 6750, 3) beside the problem. */
@Catch(AuthError)
@Injectable()
export class ChallengeFilter extends ProblemFilter {
  constructor(
    adapterHost: HttpAdapterHost,
    @Inject(AUTH_OPTIONS) private readonly options: AuthOptions,
    private readonly constraints: SenderConstraints,
    @Optional() @Inject(PROBLEM_DOCUMENTATION) documentationUrl?: string,
  ) {
    super(adapterHost, documentationUrl);
  }

  override catch(error: AuthError, host: ArgumentsHost): void {
    const { httpAdapter } = this.adapterHost;
    const http = host.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest & { refusalReason?: string }>();
    request.refusalReason = error.reason;
    const response: unknown = http.getResponse();
    if (!httpAdapter.isHeadersSent(response)) {
      const { resourceMetadataUrl } = this.options;
      const challenge = challengeOf(error, {
        resourceMetadataUrl,
        rule: request.askedRule,
        scheme: this.schemeFor(request),
        proofAlgorithms: this.constraints.algorithms,
      });
      httpAdapter.setHeader(response, 'www-authenticate', challenge);
    }
    this.answer(error, host);
  }

  /** The scheme by which the client can do better: its own, unless every token must be bound to a key. */
  private schemeFor({ tokenScheme }: AuthenticatedRequest): TokenScheme {
    if (this.constraints.isProofRequired) return 'DPoP';
    return this.constraints.isOn ? (tokenScheme ?? 'Bearer') : 'Bearer';
  }
}
