import { type ArgumentsHost, Catch, Inject, Injectable, Optional } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { PROBLEM_DOCUMENTATION, ProblemFilter } from '../problems/problem.filter.js';
import { AuthError } from './auth.errors.js';
import { AUTH_OPTIONS, type AuthOptions } from './auth.options.js';
import { bearerChallenge } from './challenge.js';

/** Answers errors of authentication and authorization with their challenge (RFC 6750, 3) beside the problem. */
@Catch(AuthError)
@Injectable()
export class ChallengeFilter extends ProblemFilter {
  constructor(
    adapterHost: HttpAdapterHost,
    @Inject(AUTH_OPTIONS) private readonly options: AuthOptions,
    @Optional() @Inject(PROBLEM_DOCUMENTATION) documentationUrl?: string,
  ) {
    super(adapterHost, documentationUrl);
  }

  override catch(error: AuthError, host: ArgumentsHost): void {
    const { httpAdapter } = this.adapterHost;
    const http = host.switchToHttp();
    http.getRequest<{ refusalReason?: string }>().refusalReason = error.reason;
    const response: unknown = http.getResponse();
    if (!httpAdapter.isHeadersSent(response)) {
      httpAdapter.setHeader(
        response,
        'www-authenticate',
        bearerChallenge(error, this.options.resourceMetadataUrl),
      );
    }
    this.answer(error, host);
  }
}
