import type { OpenAPIObject } from '@nestjs/swagger';
import { type AuthError, challengeOf, type ChallengeContext, type Route } from '../auth/index.js';
import type { ProblemCode } from '../problems/problem.codes.js';
import { ProblemException, ServiceUnavailable } from '../problems/problem.exception.js';
import { PROBLEM_TYPE, problemBody } from '../problems/problem.response.js';
import { type AccessSettings, refusalsOf, routeAt } from './document-access.js';
import { type Headers, type Operation, operationsOf, type Response } from './document.types.js';
import { PROBLEMS } from '../http/problems.decorator.js';

const REQUEST_ID = '3e6f1c0a-5d1b-4d0e-9c55-0c7b7d2f9a11';
/** Methods that change nothing. */
const READS = new Set(['get', 'head', 'options']);
const SCHEMA = { $ref: '#/components/schemas/Problem' };

/** What the descriptions of problems depend on. */
export interface ProblemContext extends AccessSettings {
  readonly routes: readonly Route[];
  /** Named in challenges. */
  readonly resourceMetadataUrl?: string;
  /** The page that explains the codes. */
  readonly documentationUrl?: string;
}

/**
 * Writes into a description every problem that an operation answers with: those that its handler declares by `Problems`,
 * and those that follow from its access rule, its parameters, its body and its method. Bodies and headers of the
 * examples are those that the errors cause.
 */
export function documentProblems(document: OpenAPIObject, context: ProblemContext): void {
  const examples: Record<string, object> = {};
  for (const { method, path, operation } of operationsOf(document)) {
    const route = routeAt(context.routes, method, path);
    const problems = [
      ...(route ? refusalsOf(route, context) : []),
      ...problemsOfForm(method, operation),
      ...declaredProblems(operation),
    ];
    for (const [status, alike] of groupByStatus(problems)) {
      operation.responses[status] ??= toResponse(alike, { ...context, rule: route?.rule });
    }
    operation.responses.default = { description: 'Any other problem', content: toContent(SCHEMA) };
    for (const problem of problems) {
      examples[problem.problem.code] ??= {
        summary: problem.message,
        value: JSON.parse(problemBody(problem, REQUEST_ID, context.documentationUrl)) as unknown,
      };
    }
  }
  document.components = { ...document.components, examples };
}

/** Those that the operation has for taking parameters and bodies, and for writing. */
function problemsOfForm(method: string, operation: Operation): ProblemException[] {
  const places = (operation.parameters ?? []).map((parameter) => ('in' in parameter ? parameter.in : ''));
  const codes: ProblemCode[] = [];
  if (places.some((place) => place === 'query' || place === 'path')) codes.push('invalid_parameters');
  if (places.includes('header')) codes.push('invalid_header');
  if (bodyTypes(operation).some((type) => type.endsWith('json'))) codes.push('invalid_body');
  const ofWrites = () => [
    new ProblemException('body_too_large'),
    new ServiceUnavailable('audit_unavailable', 30),
    unsupportedMediaType(method, operation),
  ];
  return [
    new ProblemException('malformed_request'),
    ...(READS.has(method) ? [] : ofWrites()),
    ...codes.map((code) => new ProblemException(code)),
  ];
}

function unsupportedMediaType(method: string, operation: Operation): ProblemException {
  const types = bodyTypes(operation).join(', ');
  const accepted = { [method === 'patch' ? 'accept-patch' : 'accept']: types };
  return new ProblemException('unsupported_media_type', {
    ...(types && accepted),
    'accept-encoding': 'identity',
  });
}

function bodyTypes({ requestBody }: Operation): string[] {
  return requestBody && 'content' in requestBody ? Object.keys(requestBody.content) : [];
}

/** What the handler declares, which is no part of the description itself. */
function declaredProblems(operation: Operation): ProblemException[] {
  const extended = operation as Operation & { [PROBLEMS]?: readonly ProblemCode[] };
  const codes = extended[PROBLEMS] ?? [];
  delete extended[PROBLEMS];
  return codes.map((code) => {
    const problem = new ProblemException(code);
    const { status } = problem.problem;
    return status === 503 || status === 429 ? new ProblemException(code, { 'retry-after': '5' }) : problem;
  });
}

function groupByStatus(problems: readonly ProblemException[]): Map<number, ProblemException[]> {
  return Map.groupBy(problems, ({ problem }) => problem.status);
}

/** The answer to problems of one status. */
function toResponse(
  problems: readonly ProblemException[],
  context: ChallengeContext & ProblemContext,
): Response {
  const codes = [...new Set(problems.map(({ problem }) => problem.code))];
  const schema = {
    allOf: [SCHEMA, { type: 'object', properties: { code: { type: 'string', enum: codes } } }],
  };
  const examples = Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]));
  return {
    description: problems.map(({ problem, message }) => `* \`${problem.code}\`: ${message}`).join('\n'),
    headers: Object.assign({}, ...problems.map((problem) => headersOf(problem, context))) as Headers,
    content: toContent(schema, examples),
  };
}

function toContent(schema: object, examples?: Record<string, { $ref: string }>) {
  return { [PROBLEM_TYPE]: { schema, ...(examples && { examples }) } } as NonNullable<Response['content']>;
}

/** The headers that an error causes, each with what it says this time. */
function headersOf(error: ProblemException, context: ChallengeContext): Headers {
  const values: Record<string, string> = { ...error.headers };
  if ('challenge' in error) values['www-authenticate'] = challengeOf(error as AuthError, context);
  return Object.fromEntries(
    Object.entries(values).map(([name, example]) => [
      headerNames[name] ?? name,
      { schema: { type: 'string' as const }, example, description: headerMeanings[name] },
    ]),
  );
}

/** The headers of problems as they are written in RFCs. */
const headerNames: Readonly<Record<string, string>> = {
  accept: 'Accept',
  'accept-encoding': 'Accept-Encoding',
  'accept-patch': 'Accept-Patch',
  'dpop-nonce': 'DPoP-Nonce',
  'retry-after': 'Retry-After',
  'www-authenticate': 'WWW-Authenticate',
};

const headerMeanings: Readonly<Record<string, string>> = {
  accept: 'The media types that bodies may have (RFC 9110, 15.5.16)',
  'accept-encoding': 'That bodies must be sent as they are (RFC 9110, 12.5.3)',
  'accept-patch': 'The media types that patches may have (RFC 5789, 3.1)',
  'dpop-nonce': 'What the next DPoP proof must hold (RFC 9449, 8)',
  'retry-after': 'After how many seconds the request may be sent again (RFC 9110, 10.2.3)',
  'www-authenticate': 'How to get in (RFC 6750, 3), and where the metadata of the API are (RFC 9728, 5.1)',
};
