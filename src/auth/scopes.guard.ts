import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { AccessRule } from './access/access.decorators.js';
import { AccessRules } from './access/access.rules.js';
import { assertLoggedIn } from './access/step-up.js';
import { DelegatedToken, InsufficientScope, InvalidToken } from './auth.errors.js';
import { AUTH_OPTIONS, DEFAULT_CLOCK_TOLERANCE_SECONDS, type SharedAuthOptions } from './auth.options.js';
import type { AuthenticatedRequest } from './authenticated-request.js';
import { Challenges } from './challenges.js';
import type { Principal } from './token/principal.js';

/**
 * Lets a caller pass whose access token holds the scopes that the route's `@Scopes()` or `@AnyScope()` names, each
 * compared as a whole, case-sensitive word (RFC 6749, 3.3), and who meets what the route asks beside scopes
 * (`@SenderConstrained()`, `@Direct()`, `@StepUp()`). All of it is judged at every request, whatever is remembered of
 * the token. Runs after `JwtAuthGuard`; `RouteDecisions` has asked it already, before any of the body was read.
 *
 * @throws InsufficientScope, DelegatedToken 403
 * @throws InvalidToken, InsufficientUserAuthentication 401
 */
@Injectable()
export class ScopesGuard implements CanActivate {
  private readonly clockToleranceSeconds: number;

  constructor(
    private readonly rules: AccessRules,
    private readonly challenges: Challenges,
    @Inject(AUTH_OPTIONS) options: Pick<SharedAuthOptions, 'clockToleranceSeconds'>,
  ) {
    this.clockToleranceSeconds = options.clockToleranceSeconds ?? DEFAULT_CLOCK_TOLERANCE_SECONDS;
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const rule = this.rules.of(context);
    if (rule === undefined) return false;
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    if (request.grantedRule === rule) return true;
    return this.challenges.around(request, http.getResponse(), () => this.authorize(request, rule));
  }

  /**
   * Compares the caller with a rule.
   *
   * @returns false when nobody has established who calls
   * @throws InsufficientScope, InvalidToken, DelegatedToken, InsufficientUserAuthentication
   */
  authorize({ user }: AuthenticatedRequest, rule: AccessRule): boolean {
    if (rule.kind === 'public') return true;
    if (user === undefined) return false;
    if (rule.kind === 'scopes') assertScopes(user, rule);
    if (rule.senderConstrained && user.confirmation === undefined) throw new InvalidToken('binding_required');
    if (rule.direct && user.actor !== undefined) throw new DelegatedToken();
    if (rule.stepUp) assertLoggedIn(user, rule.stepUp, this.clockToleranceSeconds);
    return true;
  }
}

function assertScopes(
  { scopes: granted }: Principal,
  { mode, scopes }: AccessRule & { kind: 'scopes' },
): void {
  const holds = (scope: string) => granted.includes(scope);
  if (mode === 'all' ? scopes.every(holds) : scopes.some(holds)) return;
  throw new InsufficientScope(scopes);
}
