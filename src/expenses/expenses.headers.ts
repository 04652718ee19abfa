import type { FastifyReply } from 'fastify';
import { ProblemException } from '../problems/problem.exception.js';
import type { Expense } from './expense.schema.js';
import { entityTag } from './expenses.answers.js';
import { PreconditionFailed } from './expenses.errors.js';

/** Visible ASCII, plain or as a quoted string (a Structured Field, as the IETF draft on Idempotency-Key has it). */
const IDEMPOTENCY_KEY = /^("?)([!#-[\]-~]{1,255})\1$/;

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
  const key = IDEMPOTENCY_KEY.exec(header)?.[2];
  if (key === undefined)
    throw invalidHeader('Idempotency-Key', 'must have 1 to 255 visible ASCII characters');
  return key;
}

/** Tells the client of an Idempotency-Key that it gets the answer to an earlier request, and that nothing was done now. */
export function sayWhetherReplayed(reply: FastifyReply, { isReplay }: { readonly isReplay: boolean }): void {
  if (isReplay) void reply.header('idempotency-replayed', 'true');
}

/** What a precondition is judged by. */
type Current = Pick<Expense, 'version'>;

/**
 * A check of the headers If-Match and If-None-Match of a change (RFC 9110, 13.1): whether the expense is still one of
 * those that the client read, or is none of those that it knows. Weak tags never match in the first, and do in the second.
 *
 * @throws ProblemException 400 for a header that is not a list of entity tags
 */
export function preconditions(ifMatch?: string, ifNoneMatch?: string): (expense: Current) => void {
  const wanted = readTags('If-Match', ifMatch);
  const unwanted = readTags('If-None-Match', ifNoneMatch);
  return (expense) => {
    const tag = entityTag(expense);
    if (wanted && wanted !== '*' && !wanted.includes(tag)) throw new PreconditionFailed();
    if (unwanted && isAmong(unwanted, tag)) throw new PreconditionFailed();
  };
}

/**
 * Whether the client of a GET has the expense as it is already (RFC 9110, 13.1.2), so that 304 says it all.
 * @throws ProblemException 400 for a header that is not a list of entity tags
 */
export function isNotModified(expense: Current, ifNoneMatch?: string): boolean {
  const known = readTags('If-None-Match', ifNoneMatch);
  return known !== undefined && isAmong(known, entityTag(expense));
}

type Tags = '*' | readonly string[];

/** Weak comparison (RFC 9110, 8.8.3.2). */
function isAmong(tags: Tags, tag: string): boolean {
  return tags === '*' || tags.some((other) => other.replace(/^W\//, '') === tag);
}

const TAG = String.raw`(?:W\/)?"[!#-~\x80-\xff]*"`;
/** Elements of a list may be empty (RFC 9110, 5.6.1.2). */
const TAGS = new RegExp(`^[ \\t,]*${TAG}(?:[ \\t]*,[ \\t,]*${TAG})*[ \\t,]*$`);
const MAX_LENGTH = 1000;

function readTags(name: string, header: string | undefined): Tags | undefined {
  if (header === undefined) return undefined;
  if (header.trim() === '*') return '*';
  if (header.length > MAX_LENGTH || !TAGS.test(header)) {
    throw invalidHeader(name, 'must be * or a list of entity tags');
  }
  return header.match(new RegExp(TAG, 'g')) ?? [];
}
