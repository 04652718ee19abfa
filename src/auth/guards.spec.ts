import type { ExecutionContext } from '@nestjs/common';
import type { AccessRule } from './access/access.decorators.js';
import type { AccessRules } from './access/access.rules.js';
import { InsufficientScope } from './auth.errors.js';
import type { AuthenticatedRequest } from './authenticated-request.js';
import type { Challenges } from './challenges.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { ScopesGuard } from './scopes.guard.js';

// What the guards do when something around them is broken. All else is tested through the application.

const rulesOf = (rule?: AccessRule) => ({ of: () => rule }) as unknown as AccessRules;
const challenges = {
  around: (_request: unknown, _response: unknown, decide: () => unknown) => decide(),
} as Challenges;
const contextOf = (request: Partial<AuthenticatedRequest>) =>
  ({
    switchToHttp: () => ({ getRequest: () => request, getResponse: () => undefined }),
  }) as unknown as ExecutionContext;
const alice = {
  issuer: 'https://a/',
  subject: 'alice',
  account: 'alice',
  kind: 'user',
  scopes: ['read:reports'],
  expiresAt: 0,
  claims: {},
} as const;
const all = { kind: 'scopes', mode: 'all', scopes: ['read:reports', 'write:reports'] } as const;

it('both guards deny what no rule is known for, whoever calls', () => {
  const context = contextOf({ user: alice });
  expect(new ScopesGuard(rulesOf(), challenges, {}).canActivate(context)).toBe(false);
  const guard = new JwtAuthGuard(
    rulesOf(),
    undefined as never,
    undefined as never,
    undefined as never,
    undefined as never,
    challenges,
  );
  expect(guard.canActivate(context)).toBe(false);
});

it.each<AccessRule>([{ kind: 'authenticated' }, { kind: 'scopes', mode: 'any', scopes: ['read:reports'] }])(
  'the guard of scopes denies a caller that the guard of tokens did not let in: %j',
  (rule) => {
    expect(new ScopesGuard(rulesOf(rule), challenges, {}).canActivate(contextOf({}))).toBe(false);
  },
);

it('the guard of scopes denies a caller without every scope, and one without any', () => {
  const context = contextOf({ user: alice });
  expect(() => new ScopesGuard(rulesOf(all), challenges, {}).canActivate(context)).toThrow(InsufficientScope);
  expect(new ScopesGuard(rulesOf({ ...all, mode: 'any' }), challenges, {}).canActivate(context)).toBe(true);
  const none = contextOf({ user: { ...alice, scopes: [] } });
  expect(() => new ScopesGuard(rulesOf({ ...all, mode: 'any' }), challenges, {}).canActivate(none)).toThrow(
    InsufficientScope,
  );
});
