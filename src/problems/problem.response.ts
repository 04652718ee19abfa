import { HttpException } from '@nestjs/common';
import { codeOfStatus, problemCodes, type ProblemKind, titleOf } from './problem.codes.js';
import { ProblemException } from './problem.exception.js';

/** Media type of problem details (RFC 9457, 3). */
export const PROBLEM_TYPE = 'application/problem+json';

/**
 * Any error as one that may be shown: ours as they are, others by their status alone, since their texts can quote the
 * request.
 */
export function toProblem(error: unknown): ProblemException {
  if (error instanceof ProblemException) return error;
  const status = statusOf(error);
  const code = codeOfStatus(status);
  if (code) return new ProblemException(code);
  if (status >= 400 && status < 500) return new ProblemException({ status, code: 'bad_request' });
  return new ProblemException('internal_error');
}

/**
 * A problem details object as JSON (RFC 9457, 3.1). Its title is the phrase of its status, and its type is a place in
 * the documentation for every code that says more than its status.
 *
 * @param documentationUrl the page that explains the codes, each under its own fragment; without one every type is
 *   `about:blank`
 */
export function problemBody(
  { problem }: Pick<ProblemException, 'problem'>,
  requestId: string,
  documentationUrl?: string,
): string {
  const { type, status, code, detail, errors } = problem;
  return JSON.stringify({
    type: type ?? typeOf(code, documentationUrl),
    title: titleOf(status),
    status,
    code,
    detail,
    errors,
    requestId,
  });
}

function typeOf(code: string, documentationUrl: string | undefined): string {
  const kind = (problemCodes as Readonly<Record<string, ProblemKind>>)[code];
  return documentationUrl !== undefined && kind?.isSpecific ? `${documentationUrl}#${code}` : 'about:blank';
}

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  // Errors of Fastify and its plugins.
  const { statusCode } = Object(error) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
}
