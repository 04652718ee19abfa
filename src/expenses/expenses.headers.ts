import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Expense } from './expense.schema.js';
import { entityTag } from './expenses.answers.js';
import { PreconditionFailed } from './expenses.errors.js';

/** Visible ASCII, plain or as a quoted string (a Structured Field, as the IETF draft on Idempotency-Key has it). */
const IDEMPOTENCY_KEY = /^("?)([!#-[\]-~]{1,255})\1$/;

const idempotencyKey = z
  .string()
  .refine((key) => IDEMPOTENCY_KEY.test(key), 'must have 1 to 255 visible ASCII characters')
  .transform((key) => IDEMPOTENCY_KEY.exec(key)![2]!)
  .describe(
    'Made up by the client for one request, as a UUID is: who sends the request again with it gets the first answer, and ' +
      'nothing is done twice. A key is kept for 7 days, and of one owner the latest 10,000',
  );

type Tags = '*' | readonly string[];

const TAG = String.raw`(?:W\/)?"[!#-~\x80-\xff]*"`;
/** Elements of a list may be empty (RFC 9110, 5.6.1.2). */
const TAGS = new RegExp(`^[ \\t,]*${TAG}(?:[ \\t]*,[ \\t,]*${TAG})*[ \\t,]*$`);
const MAX_LENGTH = 1000;

const entityTags = z
  .string()
  .refine(
    (header) => header.trim() === '*' || (header.length <= MAX_LENGTH && TAGS.test(header)),
    'must be * or a list of entity tags',
  )
  .transform((header): Tags => (header.trim() === '*' ? '*' : (header.match(new RegExp(TAG, 'g')) ?? [])));

/** The headers of what creates something. */
export const creationHeaders = z.object({ 'Idempotency-Key': idempotencyKey.optional() });

export type CreationHeaders = z.output<typeof creationHeaders>;

/** The headers of a read. */
export const readHeaders = z.object({
  'If-Match': entityTags.optional().describe('Entity tags of which the expense must have one: else 412'),
  'If-None-Match': entityTags
    .optional()
    .describe('The entity tags that the client has: 304 says that the expense is still one of them'),
});

export type ReadHeaders = z.output<typeof readHeaders>;

/** The headers of a change. */
export const changeHeaders = z.object({
  'If-Match': entityTags
    .optional()
    .describe(
      'The entity tag that the client has read: 412 when the expense has changed since. A weak tag (W/) matches none',
    ),
  'If-None-Match': entityTags.optional().describe('Entity tags that the expense must not have; * is any'),
});

export type ChangeHeaders = z.output<typeof changeHeaders>;

/** The headers of what concerns all expenses of the caller together. */
export const wholeHeaders = z.object({
  'If-Match': entityTags
    .optional()
    .describe('* alone can be met: all expenses together have no entity tag, so every other is 412'),
  'If-None-Match': entityTags
    .optional()
    .describe('* cannot be met, so it is 412: they are there, and have no entity tag'),
});

export type WholeHeaders = z.output<typeof wholeHeaders>;

/** Tells the client of an Idempotency-Key that it gets the answer to an earlier request, and that nothing was done now. */
export function sayWhetherReplayed(reply: FastifyReply, { isReplay }: { readonly isReplay: boolean }): void {
  if (isReplay) void reply.header('idempotency-replayed', 'true');
}

/** What a precondition is judged by. */
type Current = Pick<Expense, 'version'>;

/**
 * A check of the preconditions of a change (RFC 9110, 13.1): whether the expense is still one of those that the client
 * read, or is none of those that it knows. Weak tags never match in the first, and do in the second.
 */
export function preconditions(headers: ChangeHeaders): (expense: Current) => void {
  const { 'If-Match': wanted, 'If-None-Match': unwanted } = headers;
  return (expense) => {
    const tag = entityTag(expense);
    if (wanted && wanted !== '*' && !wanted.includes(tag)) {
      throw new PreconditionFailed(
        isAmong(wanted, tag) ? 'If-Match has a weak tag (W/), which matches nothing' : undefined,
      );
    }
    if (unwanted && isAmong(unwanted, tag)) {
      throw new PreconditionFailed(
        unwanted === '*'
          ? 'If-None-Match is *, and the expense is there'
          : 'If-None-Match has the tag of the expense',
      );
    }
  };
}

/**
 * Refuses a condition that was meant for a single expense (RFC 9110, 13.1): a client that lost its id must not reach all.
 * @throws PreconditionFailed
 */
export function assertMeansAll({ 'If-Match': wanted, 'If-None-Match': unwanted }: WholeHeaders): void {
  if (wanted && wanted !== '*') {
    throw new PreconditionFailed('If-Match names an entity tag, and all expenses together have none');
  }
  if (unwanted === '*') {
    throw new PreconditionFailed('If-None-Match is *, and all expenses together are there');
  }
}

/** Whether the client of a GET has the expense as it is already (RFC 9110, 13.1.2), so that 304 says it all. */
export function isNotModified(expense: Current, { 'If-None-Match': known }: ReadHeaders): boolean {
  return known !== undefined && isAmong(known, entityTag(expense));
}

/** Weak comparison (RFC 9110, 8.8.3.2). */
function isAmong(tags: Tags, tag: string): boolean {
  return tags === '*' || tags.some((other) => other.replace(/^W\//, '') === tag);
}
