import type { AbstractHttpAdapter } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AccessRule } from '../access/access.decorators.js';
import type { GuardedServer, RouteDecisions } from '../route.decisions.js';
import { fastifyRoutes } from './fastify.routes.js';

/**
 * Has decisions made in Fastify's `onRequest`, before a body is read. The rule of a route is looked up once, when the
 * route is registered.
 */
export function guardFastify(adapter: AbstractHttpAdapter, decisions: RouteDecisions): GuardedServer {
  const fastify = adapter.getInstance<FastifyInstance>();
  // Those of an instance that the adapter was given, or that were added before the modules: the hook below is too late for them.
  const unguarded = fastifyRoutes(fastify).flatMap(({ method, patterns }) =>
    patterns.map((pattern) => `${method} ${pattern}`),
  );
  // Not `user`, which plugins for logins decorate themselves, and would find taken.
  for (const field of ['askedRule', 'grantedRule']) {
    if (!fastify.hasRequestDecorator(field)) fastify.decorateRequest(field, undefined);
  }
  fastify.addHook('onRoute', (route) => {
    const methods = [route.method].flat();
    const rules = decisions.rules.at(methods, route.url, route.constraints, (path) =>
      adapter.normalizePath(path),
    );
    if (rules.length === 0) unguarded.push(...methods.map((method) => `${method} ${route.url}`));
    const rule = decisions.ruleAmong(rules);
    if (rule) route.onRequest = [...[route.onRequest ?? []].flat(), hookFor(rule, decisions)];
  });
  // Later than `onApplicationBootstrap`: plugins that were not waited for have added their routes by now.
  fastify.addHook('onReady', (done) => {
    decisions.assertAllGuarded();
    done();
  });
  return { unguardedRoutes: () => unguarded };
}

function hookFor(rule: AccessRule, decisions: RouteDecisions) {
  return (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => {
    try {
      const pending = decisions.decide(request, rule, reply);
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
