import type { OpenAPIObject } from '@nestjs/swagger';
import {
  acrValuesOf,
  DelegatedToken,
  InsufficientScope,
  InsufficientUserAuthentication,
  InvalidDpopProof,
  InvalidRequest,
  InvalidToken,
  KeysUnavailable,
  MissingToken,
  type Route,
  UseDpopNonce,
} from '../auth/index.js';
import { TooManyRequests } from '../limits/too-many-requests.js';
import { type ProblemException, ServiceUnavailable } from '../problems/problem.exception.js';
import { operationsOf } from './document.types.js';

/** The route that an operation describes. */
export function routeAt(routes: readonly Route[], method: string, path: string): Route | undefined {
  return routes.find(
    (route) =>
      (route.method === 'ALL' || route.method.toLowerCase() === method) &&
      route.path.replaceAll(/:(\w+)/g, '{$1}') === path,
  );
}

/**
 * Writes into a description what each operation asks of its caller.
 *
 * @param routes with their rules, as `AccessRules` gives them
 */
export function documentAccess(document: OpenAPIObject, routes: readonly Route[]): void {
  for (const { method, path, operation } of operationsOf(document)) {
    const route = routeAt(routes, method, path);
    if (!route) continue;
    operation.security = securityOf(route);
    if (route.rule.kind !== 'public' && route.rule.stepUp) {
      Object.assign(operation, { 'x-step-up': route.rule.stepUp });
    }
  }
}

/** One of these is enough (OpenAPI 3.0.3, security requirement); the longer ones say what more scopes are good for. */
function securityOf({ rule, optionalScopes }: Route): Record<string, string[]>[] {
  if (rule.kind === 'public') return [];
  const scopes = rule.kind === 'scopes' ? rule.scopes : [];
  const alternatives = rule.kind === 'scopes' && rule.mode === 'any' ? scopes.map((one) => [one]) : [scopes];
  const wider = optionalScopes.length > 0 ? alternatives.map((some) => [...some, ...optionalScopes]) : [];
  return [...alternatives, ...wider].map((some) => ({ oauth2: [...some] }));
}

/** The settings that decide which answers the access control has. */
export interface AccessSettings {
  /** Whether access tokens may be bound to keys (RFC 9449). */
  readonly takesProofs?: boolean;
  /** Whether no token is taken while it cannot be known which are revoked. */
  readonly needsRevocations?: boolean;
}

/** How a route answers those whom it does not let in: an occurrence of each problem. */
export function refusalsOf(
  { rule, optionalScopes }: Route,
  { takesProofs, needsRevocations }: AccessSettings,
): ProblemException[] {
  if (rule.kind === 'public') return [];
  const scopes = rule.kind === 'scopes' ? rule.scopes : optionalScopes;
  return [
    new InvalidRequest('The Authorization header is malformed'),
    new MissingToken(),
    new InvalidToken('token_expired'),
    ...(rule.stepUp
      ? [
          new InsufficientUserAuthentication(
            'old_authentication',
            acrValuesOf(rule.stepUp),
            rule.stepUp.maxAge,
          ),
        ]
      : []),
    ...(takesProofs ? [new InvalidDpopProof('malformed_proof'), new UseDpopNonce('a-nonce')] : []),
    ...(scopes.length > 0 ? [new InsufficientScope(scopes)] : []),
    ...(rule.direct ? [new DelegatedToken()] : []),
    new TooManyRequests('too_many_requests', 30),
    new TooManyRequests('too_many_failures', 30),
    new KeysUnavailable(5),
    ...(takesProofs ? [new ServiceUnavailable('proofs_unavailable', 5)] : []),
    ...(needsRevocations ? [new ServiceUnavailable('revocations_unavailable', 5)] : []),
  ];
}
