import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { AccessRule } from './access/access.decorators.js';
import { AccessRules } from './access/access.rules.js';
import { InsufficientScope } from './auth.errors.js';
import type { AuthenticatedRequest } from './authenticated-request.js';
import { Challenges } from './challenges.js';

/**
 * Lets a caller pass whose access token holds the scopes that the route's `@Scopes()` or `@AnyScope()` names, each
 * compared as a whole, case-sensitive word (RFC 6749, 3.3). Runs after `JwtAuthGuard`; on Fastify `RouteDecisions` has
 * asked it already, before any of the body was read.
 *
 * @throws InsufficientScope 403
 */
@Injectable()
export class ScopesGuard implements CanActivate {
  constructor(
    private readonly rules: AccessRules,
    private readonly challenges: Challenges,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const rule = this.rules.of(context);
    if (rule === undefined) return false;
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    if (request.grantedRule === rule) return true;
    return this.challenges.around(request, http.getResponse(), () => this.authorize(request, rule));
  }

  /**
   * Compares the caller's scopes with a rule.
   *
   * @returns false when nobody has established who calls
   * @throws InsufficientScope
   */
  authorize({ user }: AuthenticatedRequest, rule: AccessRule): boolean {
    if (rule.kind === 'public') return true;
    if (user === undefined) return false;
    if (rule.kind === 'authenticated') return true;
    const holds = (scope: string) => user.scopes.includes(scope);
    if (rule.mode === 'all' ? rule.scopes.every(holds) : rule.scopes.some(holds)) return true;
    throw new InsufficientScope(rule.scopes);
  }
}
