import { and, eq, lt, sql } from '../../database/drizzle.js';
import { createHash } from 'node:crypto';
import type { Queries } from '../../database/database.js';
import { idempotencyKeys } from '../../database/schema.js';
import { IdempotencyKeyReused } from '../expenses.errors.js';
import type { Owner } from '../owner.js';

/** What makes a request recognisable when it is sent again. */
export interface Retry {
  /** The client's Idempotency-Key. */
  readonly key: string;
  /** Of what is asked, by `fingerprint`. */
  readonly fingerprint: string;
}

/** Keys are kept for a week, longer than any client goes on repeating a request. */
const isExpired = lt(idempotencyKeys.createdAt, sql`now() - interval '7 days'`);

/** SHA-256, in hexadecimal, of what a request asks for. */
export function fingerprint(operation: string, content: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([operation, content]))
    .digest('hex');
}

/**
 * Does work once per key and owner: a repeated request gets the first answer, and one that comes while the first is
 * still at work waits for it.
 *
 * @param transaction the one that the work writes in, so that key and work are kept together or not at all
 * @param work returns the answer, as JSON
 * @throws IdempotencyKeyReused when the key came with another request
 */
export async function once<T>(
  transaction: Queries,
  owner: Owner,
  retry: Retry | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (!retry) return work();
  const { key, fingerprint: asked } = retry;
  const thisKey = and(eq(idempotencyKeys.owner, owner), eq(idempotencyKeys.key, key));
  // Before the key is claimed: one that has expired must not answer.
  await transaction.delete(idempotencyKeys).where(and(eq(idempotencyKeys.owner, owner), isExpired));
  const claimed = await transaction
    .insert(idempotencyKeys)
    .values({ owner, key, fingerprint: asked })
    .onConflictDoNothing()
    .returning({ key: idempotencyKeys.key });
  if (claimed.length > 0) {
    const answer = await work();
    await transaction.update(idempotencyKeys).set({ answer }).where(thisKey);
    return answer;
  }
  const [first] = await transaction.select().from(idempotencyKeys).where(thisKey);
  if (first?.fingerprint !== asked) throw new IdempotencyKeyReused();
  return first.answer as T;
}
