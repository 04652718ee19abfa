import { type ArgumentsHost, Catch, Inject, Injectable, Optional } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ProblemException } from '../problems/problem.exception.js';
import { PROBLEM_DOCUMENTATION, ProblemFilter } from '../problems/problem.filter.js';
import { AuthError } from './auth.errors.js';
import type { AuthenticatedRequest } from './authenticated-request.js';
import { Challenges } from './challenges.js';

/** Answers problems of every kind, so that an application that has nothing but the access control answers as documented. */
@Catch(ProblemException)
@Injectable()
export class ChallengeFilter extends ProblemFilter {
  constructor(
    adapterHost: HttpAdapterHost,
    // In the place where ProblemFilter has it, whose injection tokens Nest inherits by position.
    @Optional() @Inject(PROBLEM_DOCUMENTATION) documentationUrl: string | undefined,
    private readonly challenges: Challenges,
  ) {
    super(adapterHost, documentationUrl);
  }

  override catch(error: ProblemException, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    if (error instanceof AuthError) {
      this.challenges.add(error, http.getRequest<AuthenticatedRequest>(), http.getResponse());
    }
    this.answer(error, host);
  }
}
