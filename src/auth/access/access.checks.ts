import { Injectable, Logger } from '@nestjs/common';
import type { AnswerHead, AuthenticatedRequest } from '../authenticated-request.js';
import type { AuthError } from '../auth.errors.js';
import type { Principal } from '../token/principal.js';

/** What another part of an application has to say about a request, or wants to know, while its caller is established. */
export interface AccessCheck {
  /** Before a token that is not remembered is verified; an error that it throws is the answer. */
  beforeVerification?(request: AuthenticatedRequest): void | Promise<void>;
  /** When the caller is known, and before the scopes are compared; an error that it throws is the answer. */
  afterVerification?(
    request: AuthenticatedRequest,
    principal: Principal,
    reply?: AnswerHead,
  ): void | Promise<void>;
  /** After the credentials were refused, whether the client waits for the answer or has gone. The answer does not wait for it. */
  onRefusal?(request: AuthenticatedRequest, error: AuthError): void | Promise<void>;
}

/** The checks that modules add to those of the guards. Each runs for every request to a route that is not public. */
@Injectable()
export class AccessChecks {
  private readonly checks: AccessCheck[] = [];

  /** Adds a check, for as long as the application lives; to be called while it starts. */
  add(check: AccessCheck): void {
    this.checks.push(check);
  }

  /**
   * Asks one check after the other; at once when none of them has to wait.
   *
   * @throws what the first check throws that refuses
   */
  beforeVerification(request: AuthenticatedRequest): void | Promise<void> {
    return this.runFrom(0, (check) => check.beforeVerification?.(request));
  }

  /**
   * Asks one check after the other; at once when none of them has to wait.
   *
   * @throws what the first check throws that refuses
   */
  afterVerification(
    request: AuthenticatedRequest,
    principal: Principal,
    reply?: AnswerHead,
  ): void | Promise<void> {
    return this.runFrom(0, (check) => check.afterVerification?.(request, principal, reply));
  }

  /** Tells every check. What one of them throws is logged, for the request is refused already. */
  onRefusal(request: AuthenticatedRequest, error: AuthError): void {
    for (const check of this.checks) void tell(check, request, error);
  }

  private runFrom(first: number, ask: (check: AccessCheck) => void | Promise<void>): void | Promise<void> {
    for (let index = first; index < this.checks.length; index += 1) {
      const pending = ask(this.checks[index]!);
      if (pending) return pending.then(() => this.runFrom(index + 1, ask));
    }
  }
}

async function tell(check: AccessCheck, request: AuthenticatedRequest, error: AuthError): Promise<void> {
  try {
    await check.onRefusal?.(request, error);
  } catch (cause) {
    new Logger(AccessChecks.name).error('A check has failed to note a refusal', cause);
  }
}
