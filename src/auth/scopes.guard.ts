import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { AccessRules } from './access/access.rules.js';
import { InsufficientScope } from './auth.errors.js';
import type { AuthenticatedRequest } from './jwt-auth.guard.js';

/**
 * Lets a caller pass whose access token holds the scopes that the route's `@Scopes()` or `@AnyScope()` names, each
 * compared as a whole, case-sensitive word (RFC 6749, 3.3). Runs after `JwtAuthGuard`.
 *
 * @throws InsufficientScope 403
 */
@Injectable()
export class ScopesGuard implements CanActivate {
  constructor(private readonly rules: AccessRules) {}

  canActivate(context: ExecutionContext): boolean {
    const rule = this.rules.of(context);
    if (rule === undefined) return false;
    if (rule.kind === 'public') return true;
    const { user } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (user === undefined) return false;
    if (rule.kind === 'authenticated') return true;
    const holds = (scope: string) => user.scopes.includes(scope);
    if (rule.mode === 'all' ? rule.scopes.every(holds) : rule.scopes.some(holds)) return true;
    throw new InsufficientScope(rule.scopes);
  }
}
