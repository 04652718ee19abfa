import type { OpenAPIObject } from '@nestjs/swagger';
import {
  acrValuesOf,
  type AuthError,
  challengeOf,
  type ChallengeContext,
  InsufficientScope,
  InsufficientUserAuthentication,
  InvalidToken,
  KeysUnavailable,
  MissingToken,
  type Route,
} from '../auth/index.js';
import { PROBLEM_TYPE, problemBody } from '../problems/problem.response.js';
import type { ProblemException } from '../problems/problem.exception.js';
import { problemSchema } from './problem.schema.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Response = Exclude<Operation['responses'][string], { $ref: string }>;

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;
const REQUEST_ID = '3e6f1c0a-5d1b-4d0e-9c55-0c7b7d2f9a11';

/**
 * Writes into a description what each operation asks of its caller, and how it answers those whom it does not let in.
 *
 * @param routes with their rules, as `AccessRules` gives them
 */
export function documentAccess(
  document: OpenAPIObject,
  routes: readonly Route[],
  resourceMetadataUrl?: string,
): void {
  document.components = { ...document.components };
  document.components.schemas = { ...document.components.schemas, Problem: problemSchema };
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      const route = operation && routes.find((candidate) => isDocumentedAt(candidate, method, path));
      if (!operation || !route) continue;
      operation.security = securityOf(route);
      if (route.rule.kind !== 'public' && route.rule.stepUp) {
        Object.assign(operation, { 'x-step-up': route.rule.stepUp });
      }
      for (const [status, response] of Object.entries(refusalsOf(route, resourceMetadataUrl))) {
        operation.responses[status] ??= response;
      }
    }
  }
}

function isDocumentedAt({ method, path }: Route, documentedMethod: string, documentedPath: string): boolean {
  if (method !== 'ALL' && method.toLowerCase() !== documentedMethod) return false;
  return path.replaceAll(/:(\w+)/g, '{$1}') === documentedPath;
}

/** One of these is enough (OpenAPI 3.0.3, security requirement); the longer ones say what more scopes are good for. */
function securityOf({ rule, optionalScopes }: Route): Record<string, string[]>[] {
  if (rule.kind === 'public') return [];
  const scopes = rule.kind === 'scopes' ? rule.scopes : [];
  const alternatives = rule.kind === 'scopes' && rule.mode === 'any' ? scopes.map((one) => [one]) : [scopes];
  const wider = optionalScopes.length > 0 ? alternatives.map((some) => [...some, ...optionalScopes]) : [];
  return [...alternatives, ...wider].map((some) => ({ oauth2: [...some] }));
}

function refusalsOf({ rule }: Route, resourceMetadataUrl?: string): Record<number, Response> {
  if (rule.kind === 'public') return {};
  const answer = (description: string, errors: Record<string, ProblemException>) =>
    problemResponse(description, errors, { resourceMetadataUrl, rule });
  return {
    401: answer('There is no access token, or one that is not good here.', {
      missing: new MissingToken(),
      expired: new InvalidToken('token_expired'),
      audience: new InvalidToken('wrong_audience'),
      ...(rule.stepUp && {
        login: new InsufficientUserAuthentication(
          'old_authentication',
          acrValuesOf(rule.stepUp),
          rule.stepUp.maxAge,
        ),
      }),
    }),
    ...(rule.kind === 'scopes' && {
      403: answer('The access token lacks a scope.', { scope: new InsufficientScope(rule.scopes) }),
    }),
    503: answer('Access tokens cannot be verified at the moment.', { keys: new KeysUnavailable(5) }),
  };
}

/** An answer with the very bodies and headers that the errors cause. */
function problemResponse(
  description: string,
  errors: Record<string, ProblemException>,
  context: ChallengeContext,
): Response {
  const named = Object.entries(errors);
  const headers = named.flatMap(([, error]) => Object.entries(headersOf(error, context)));
  return {
    description,
    headers: Object.fromEntries(
      headers.map(([name, example]) => [name, { schema: { type: 'string' }, example }]),
    ),
    content: {
      [PROBLEM_TYPE]: {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(
          named.map(([name, error]) => [
            name,
            { summary: error.message, value: JSON.parse(problemBody(error, REQUEST_ID)) as unknown },
          ]),
        ),
      },
    },
  };
}

function headersOf(error: ProblemException, context: ChallengeContext): Record<string, string> {
  if (!('challenge' in error)) return { 'Retry-After': error.headers['retry-after'] ?? '' };
  return { 'WWW-Authenticate': challengeOf(error as AuthError, context) };
}
