import type { FastifyReply } from 'fastify';
import { ProblemException } from '../problems/problem.exception.js';
import type { Expense } from './expense.schema.js';
import { entityTag } from './expenses.answers.js';
import { PreconditionFailed } from './expenses.errors.js';

/** Visible ASCII, plain or as a quoted string (a Structured Field, as the IETF draft on Idempotency-Key has it). */
const IDEMPOTENCY_KEY = /^"?([!#-[\]-~]{1,255})"?$/;

function invalidHeader(name: string, detail: string): ProblemException {
  return new ProblemException({
    code: 'invalid_header',
    detail: `The header ${name} ${detail}`,
  });
}

/**
 * The value of an Idempotency-Key header.
 * @throws ProblemException 400
 */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const key = IDEMPOTENCY_KEY.exec(header)?.[1];
  if (key === undefined)
    throw invalidHeader('Idempotency-Key', 'must have 1 to 255 visible ASCII characters');
  return key;
}

/** Tells the client of an Idempotency-Key that it gets the answer to an earlier request, and that nothing was done now. */
export function sayWhetherReplayed(reply: FastifyReply, { isReplay }: { readonly isReplay: boolean }): void {
  if (isReplay) void reply.header('idempotency-replayed', 'true');
}

const ENTITY_TAGS = /^(W\/)?"[!#-~]*"([ \t]*,[ \t]*(W\/)?"[!#-~]*")*$/;

/**
 * A check of an If-Match header (RFC 9110, 13.1.1): whether the expense is still one of those that the client read.
 * Weak tags never match.
 *
 * @throws ProblemException 400 for a header that is not a list of entity tags
 */
export function ifMatch(header: string | undefined): (expense: Expense) => void {
  if (header === undefined || header.trim() === '*') return () => {};
  if (header.length > 1000 || !ENTITY_TAGS.test(header.trim())) {
    throw invalidHeader('If-Match', 'must be * or a list of entity tags');
  }
  const tags = new Set(header.split(',').map((tag) => tag.trim()));
  return (expense) => {
    if (!tags.has(entityTag(expense))) throw new PreconditionFailed();
  };
}
