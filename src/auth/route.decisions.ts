import { ForbiddenException, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import type { AccessRule } from './access/access.decorators.js';
import { AccessRules, InvalidAccessDeclarations } from './access/access.rules.js';
import { strangenessOfNest } from './access/nest.check.js';
import { AUTH_OPTIONS, type AuthOptions } from './auth.options.js';
import type { AnswerHead, AuthenticatedRequest } from './authenticated-request.js';
import { Challenges } from './challenges.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { guardExpress } from './platforms/express.js';
import { guardFastify } from './platforms/fastify.js';
import { ScopesGuard } from './scopes.guard.js';

/** What the access control has made of a server. */
export interface GuardedServer {
  /** The routes that no controller declares, each as in `GET /metrics`. */
  readonly unguardedRoutes: () => readonly string[];
}

const platforms: Readonly<
  Record<string, (adapter: AbstractHttpAdapter, decisions: RouteDecisions) => GuardedServer>
> = { express: guardExpress, fastify: guardFastify };

/** @fastify/cors answers preflight requests here; there is nothing behind it. */
const PREFLIGHT = 'OPTIONS *';

/**
 * Has the guards decide about a request when its head has arrived, so that nothing of a stranger's body is read: Nest
 * asks its guards only after the body was parsed. How a server is brought to ask is in `platforms/`; what it cannot ask,
 * because it does not tell by then which rule holds, the guards decide.
 */
@Injectable()
export class RouteDecisions implements OnApplicationBootstrap {
  private server?: GuardedServer;

  constructor(
    adapterHost: HttpAdapterHost,
    readonly rules: AccessRules,
    private readonly jwtAuthGuard: JwtAuthGuard,
    private readonly scopesGuard: ScopesGuard,
    private readonly challenges: Challenges,
    @Inject(AUTH_OPTIONS) private readonly options: AuthOptions,
  ) {
    // The adapter comes before the providers of an application, and after those of a testing module.
    adapterHost.init$.subscribe(() => {
      // None in an application of messages, which has no routes.
      const httpAdapter = adapterHost.httpAdapter as AbstractHttpAdapter | null;
      if (httpAdapter) this.server = platforms[httpAdapter.getType()]?.(httpAdapter, this);
    });
  }

  /** Called before the router registers the routes. @throws InvalidAccessDeclarations */
  async prepare(): Promise<void> {
    const faults = await strangenessOfNest();
    if (faults.length > 0) throw new InvalidAccessDeclarations(faults);
    if (!this.server) {
      throw new InvalidAccessDeclarations([
        'AuthModule needs Fastify or Express: create the application with the adapter of @nestjs/platform-fastify or ' +
          '@nestjs/platform-express',
      ]);
    }
    this.rules.read();
  }

  /** @throws InvalidAccessDeclarations */
  onApplicationBootstrap(): void {
    this.assertAllGuarded();
  }

  /** The rule to decide by, of those that may hold; nothing where everybody is let in or the guards have to decide. */
  ruleAmong(rules: readonly AccessRule[]): AccessRule | undefined {
    const [rule] = rules;
    // Whoever replaces a guard, as tests do, replaces its decision.
    const areGuardsOurs =
      this.jwtAuthGuard instanceof JwtAuthGuard && this.scopesGuard instanceof ScopesGuard;
    return rules.length === 1 && rule?.kind !== 'public' && areGuardsOurs ? rule : undefined;
  }

  /**
   * Decides about a request by a rule of `ruleAmong`, at once unless something has to be waited for.
   *
   * @throws what the guards throw
   */
  decide(request: AuthenticatedRequest, rule: AccessRule, answer: AnswerHead): void | Promise<void> {
    return this.challenges.around(request, answer, () => {
      const pending = this.jwtAuthGuard.authenticate(request, rule, answer);
      return pending ? pending.then(() => this.grant(request, rule)) : this.grant(request, rule);
    });
  }

  /**
   * To be called once more when everything that adds routes has had its time.
   *
   * @throws InvalidAccessDeclarations
   */
  assertAllGuarded(): void {
    const { unguardedRoutes = [] } = this.options;
    const allowed = new Set([
      PREFLIGHT,
      ...unguardedRoutes,
      ...unguardedRoutes.map((route) => route.replace(/^GET /, 'HEAD ')),
    ]);
    const faults = this.server?.unguardedRoutes().filter((route) => !allowed.has(route)) ?? [];
    if (faults.length === 0) return;
    throw new InvalidAccessDeclarations(
      faults.map(
        (route) =>
          `${route} is registered past Nest's controllers, where no guard sees it: declare it in a controller, ` +
          'or list it in `unguardedRoutes` of AuthModule',
      ),
    );
  }

  private grant(request: AuthenticatedRequest, rule: AccessRule): void {
    if (!this.scopesGuard.authorize(request, rule)) throw new ForbiddenException();
    request.grantedRule = rule;
  }
}
