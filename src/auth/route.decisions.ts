import { ForbiddenException, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { AccessRule } from './access/access.decorators.js';
import { AccessRules, InvalidAccessDeclarations } from './access/access.rules.js';
import { AUTH_OPTIONS, type AuthOptions } from './auth.options.js';
import type { AuthenticatedRequest } from './authenticated-request.js';
import { Challenges } from './challenges.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { ScopesGuard } from './scopes.guard.js';

/** @fastify/cors answers preflight requests here; there is nothing behind it. */
const PREFLIGHT = 'OPTIONS *';

/**
 * Has the guards decide about a request when its head has arrived (Fastify's `onRequest`), so that nothing of a
 * stranger's body is read: Nest asks its guards only after the body was parsed. The rule of a route is looked up once,
 * when the route is registered; what a rule that is not found by then leaves to decide, the guards decide.
 */
@Injectable()
export class RouteDecisions implements OnApplicationBootstrap {
  private adapter?: FastifyAdapter;
  private readonly unguarded: string[] = [];

  constructor(
    adapterHost: HttpAdapterHost<FastifyAdapter>,
    private readonly rules: AccessRules,
    private readonly jwtAuthGuard: JwtAuthGuard,
    private readonly scopesGuard: ScopesGuard,
    private readonly challenges: Challenges,
    @Inject(AUTH_OPTIONS) private readonly options: AuthOptions,
  ) {
    // The adapter comes before the providers of an application, and after those of a testing module.
    adapterHost.init$.subscribe(() => {
      const { httpAdapter } = adapterHost;
      if (httpAdapter.getType() === 'fastify') this.install(httpAdapter);
    });
  }

  /** Called before the router registers the routes. @throws InvalidAccessDeclarations */
  prepare(): void {
    if (!this.adapter) {
      throw new InvalidAccessDeclarations([
        'AuthModule needs Fastify: create the application with `new FastifyAdapter()` of @nestjs/platform-fastify',
      ]);
    }
    this.rules.read();
  }

  /** @throws InvalidAccessDeclarations */
  onApplicationBootstrap(): void {
    this.assertAllGuarded();
  }

  private install(adapter: FastifyAdapter): void {
    this.adapter = adapter;
    const fastify = adapter.getInstance<FastifyInstance>();
    for (const field of ['user', 'askedRule', 'grantedRule']) {
      if (!fastify.hasRequestDecorator(field)) fastify.decorateRequest(field, undefined);
    }
    fastify.addHook('onRoute', (route) => this.guard(route));
    // Later than `onApplicationBootstrap`: plugins that were not waited for have added their routes by now.
    fastify.addHook('onReady', (done) => {
      this.assertAllGuarded();
      done();
    });
  }

  private guard(route: RouteOptions): void {
    const methods = [route.method].flat();
    const rules = this.rules.at(methods, route.url, route.constraints, (path) =>
      this.adapter!.normalizePath(path),
    );
    if (rules.length === 0) this.unguarded.push(...methods.map((method) => `${method} ${route.url}`));
    const [rule] = rules;
    if (rules.length !== 1 || rule === undefined || rule.kind === 'public' || !this.areGuardsOurs()) return;
    route.onRequest = [...[route.onRequest ?? []].flat(), this.hookFor(rule)];
  }

  /** Whoever replaces a guard, as tests do, replaces its decision. */
  private areGuardsOurs(): boolean {
    return this.jwtAuthGuard instanceof JwtAuthGuard && this.scopesGuard instanceof ScopesGuard;
  }

  private hookFor(rule: AccessRule) {
    const grant = (request: AuthenticatedRequest) => {
      if (!this.scopesGuard.authorize(request, rule)) throw new ForbiddenException();
      request.grantedRule = rule;
    };
    return (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => {
      try {
        const pending = this.challenges.around(request, reply, () => {
          const authentication = this.jwtAuthGuard.authenticate(request, rule, reply);
          return authentication ? authentication.then(() => grant(request)) : grant(request);
        });
        // Fastify takes a promise instead of the call of `done`.
        if (pending) return pending;
      } catch (error) {
        done(error as Error);
        return undefined;
      }
      done();
      return undefined;
    };
  }

  private assertAllGuarded(): void {
    const { unguardedRoutes = [] } = this.options;
    const allowed = new Set([
      PREFLIGHT,
      ...unguardedRoutes,
      ...unguardedRoutes.map((route) => route.replace(/^GET /, 'HEAD ')),
    ]);
    const faults = this.unguarded.filter((route) => !allowed.has(route));
    if (faults.length === 0) return;
    throw new InvalidAccessDeclarations(
      faults.map(
        (route) =>
          `${route} is registered past Nest's controllers, where no guard sees it: declare it in a controller, ` +
          'or list it in `unguardedRoutes` of AuthModule',
      ),
    );
  }
}
