import { and, eq, sql } from '../../database/drizzle.js';
import { createHash } from 'node:crypto';
import type { Queries } from '../../database/database.js';
import { idempotencyKeys } from '../../database/schema.js';
import { IdempotencyKeyReused } from '../expenses.errors.js';
import type { Owner } from '../owner.js';

/** What makes a request recognisable when it is sent again. */
export interface Retry {
  /** The client's Idempotency-Key. */
  readonly key: string;
  /** SHA-256, in hexadecimal, of what is asked. */
  readonly fingerprint: string;
}

/** How long a key is kept: longer than any client goes on repeating a request. */
const LIFETIME = sql`interval '7 days'`;
/** Most keys of an owner; older ones are forgotten before their time. */
const MAX_KEYS_PER_OWNER = 10_000;
/** Keys that a request clears away at most: more than the one that it adds. */
const CLEARED_KEYS = 20;

/** What was answered, and whether that was to an earlier attempt. */
export interface Answer<T> {
  readonly answer: T;
  readonly isReplay: boolean;
}

/**
 * What makes a request recognisable when it is sent again; nothing without a key, for then each is one of its own.
 *
 * @param key the client's Idempotency-Key
 * @param content what the operation is asked to do, as JSON
 */
export function retryOf(
  key: string | undefined,
  operation: 'create' | 'import',
  content: unknown,
): Retry | undefined {
  if (key === undefined) return undefined;
  const asked = JSON.stringify([operation, content]);
  return { key, fingerprint: createHash('sha256').update(asked).digest('hex') };
}

/**
 * Does work once per key and owner: a repeated request gets the first answer, and one that comes while the first is
 * still at work waits for it.
 *
 * @param transaction the one that the work writes in, so that key and work are kept together or not at all
 * @param work returns the answer, as JSON
 * @throws IdempotencyKeyReused when the key came with another request
 */
export async function answerOnce<T>(
  transaction: Queries,
  owner: Owner,
  retry: Retry | undefined,
  work: () => Promise<T>,
): Promise<Answer<T>> {
  if (!retry) return { answer: await work(), isReplay: false };
  const { key, fingerprint: asked } = retry;
  const thisKey = and(eq(idempotencyKeys.owner, owner), eq(idempotencyKeys.key, key));
  const claimed = await transaction
    .insert(idempotencyKeys)
    .values({ owner, key, fingerprint: asked })
    // A key that has expired must not answer: it is claimed anew.
    .onConflictDoUpdate({
      target: [idempotencyKeys.owner, idempotencyKeys.key],
      set: { fingerprint: asked, answer: null, createdAt: sql`now()` },
      setWhere: sql`${idempotencyKeys.createdAt} < now() - ${LIFETIME}`,
    })
    .returning({ key: idempotencyKeys.key });
  if (claimed.length > 0) {
    const answer = await work();
    await transaction.update(idempotencyKeys).set({ answer }).where(thisKey);
    await transaction.execute(clearExpiredKeys);
    await transaction.execute(clearSurplusKeys(owner));
    return { answer, isReplay: false };
  }
  const [first] = await transaction.select().from(idempotencyKeys).where(thisKey);
  if (first?.fingerprint !== asked) throw new IdempotencyKeyReused();
  return { answer: first.answer as T, isReplay: true };
}

/** Of all owners, so that nothing is left of one who never comes back. A key in use elsewhere is left to that request. */
const clearExpiredKeys = sql`
  DELETE FROM ${idempotencyKeys} WHERE (owner, key) IN (
    SELECT owner, key FROM ${idempotencyKeys} WHERE created_at < now() - ${LIFETIME}
    ORDER BY created_at LIMIT ${CLEARED_KEYS} FOR UPDATE SKIP LOCKED)`;

const clearSurplusKeys = (owner: Owner) => sql`
  DELETE FROM ${idempotencyKeys} WHERE (owner, key) IN (
    SELECT owner, key FROM ${idempotencyKeys} WHERE owner = ${owner}
    ORDER BY created_at DESC OFFSET ${MAX_KEYS_PER_OWNER} LIMIT ${CLEARED_KEYS} FOR UPDATE SKIP LOCKED)`;
