import {
  InsufficientScope,
  type ProofRefusalReason,
  proofRefusals,
  type RefusalReason,
  refusals,
} from '../../src/auth/index.js';
import { SECRET } from './reports.module.js';

/** Where the applications of the hostile suites say that they are. */
export const BASE_URL = 'https://api.example.com';

const RESOURCE_METADATA = `resource_metadata="${BASE_URL}/.well-known/oauth-protected-resource"`;

/** What is looked at of an answer, however it was got. */
export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** The exact challenge for an error code and description of RFC 6750. */
export function challenge(error?: string, description?: string, scope?: string): string {
  const parameters = [
    error && `error="${error}"`,
    description && `error_description="${description}"`,
    scope && `scope="${scope}"`,
    RESOURCE_METADATA,
  ];
  return `Bearer ${parameters.filter(Boolean).join(', ')}`;
}

function expectProblem(answer: Answer, status: number, code: string, challenged: string | undefined): void {
  expect({ status: answer.statusCode, challenge: answer.headers['www-authenticate'] }).toStrictEqual({
    status,
    challenge: challenged,
  });
  expect(answer.headers).toMatchObject({
    'content-type': expect.stringMatching(/^application\/problem\+json\b/),
    'cache-control': 'no-store',
  });
  expect(JSON.parse(answer.body)).toMatchObject({
    status,
    code,
    requestId: answer.headers['x-request-id'],
  });
  expect(answer.body).not.toContain(SECRET);
}

/** 401: the token was understood to be bad, for this very reason; the challenge names the scopes of the route. */
export function expectInvalidToken(answer: Answer, reason: RefusalReason, scope = 'read:reports'): void {
  expectProblem(answer, 401, 'invalid_token', challenge('invalid_token', refusals[reason], scope));
}

/** What proofs may be signed with unless the settings say otherwise, as challenges name it. */
const PROOF_ALGORITHMS = 'ES256 EdDSA Ed25519 PS256 RS256';

/** The exact challenge of the scheme DPoP for an error of RFC 9449, 7.1. */
export function proofChallenge(error: string, description: string, algs = PROOF_ALGORITHMS): string {
  const parameters = `error="${error}", error_description="${description}", scope="read:reports", algs="${algs}"`;
  return `DPoP ${parameters}, ${RESOURCE_METADATA}`;
}

/** 401: the proof is refused, or the token that it comes with, for this very reason. */
export function expectInvalidProof(
  answer: Answer,
  reason: ProofRefusalReason | RefusalReason,
  algs?: string,
): void {
  const [code, detail] =
    reason in proofRefusals
      ? ['invalid_dpop_proof', proofRefusals[reason as ProofRefusalReason]]
      : ['invalid_token', refusals[reason as RefusalReason]];
  expectProblem(answer, 401, code, proofChallenge(code, detail, algs));
  expect(JSON.parse(answer.body)).toMatchObject({ detail });
}

/** 401: the proof is to be made again, with the nonce that the answer has. @returns that nonce */
export function expectNonceRequest(answer: Answer): string {
  const challenged = proofChallenge('use_dpop_nonce', 'The DPoP proof needs a nonce of ours');
  expectProblem(answer, 401, 'use_dpop_nonce', challenged);
  return answer.headers['dpop-nonce'] as string;
}

/** 401 without an error code: there was no token. */
export function expectMissingToken(answer: Answer, scope = 'read:reports'): void {
  expectProblem(answer, 401, 'missing_token', challenge(undefined, undefined, scope));
}

/** 400: the credentials are malformed. */
export function expectInvalidRequest(answer: Answer, description: string): void {
  expectProblem(answer, 400, 'invalid_request', challenge('invalid_request', description));
}

/** 403: the token is good, and does not suffice. */
export function expectInsufficientScope(answer: Answer, ...required: string[]): void {
  const { challenge: parameters } = new InsufficientScope(required);
  expectProblem(
    answer,
    403,
    'insufficient_scope',
    challenge('insufficient_scope', parameters.error_description, required.join(' ')),
  );
}

/** Any other problem, without a challenge. */
export function expectOtherProblem(answer: Answer, status: number, code: string): void {
  expectProblem(answer, status, code, undefined);
}

/** 200, with the expenses. */
export function expectExpenses(answer: Answer): void {
  expect(answer.statusCode).toBe(200);
  expect(answer.body).toContain(SECRET);
}
