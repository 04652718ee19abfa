import { v7 as uuidv7 } from 'uuid';
import type { Queries } from '../../database/database.js';
import { and, desc, eq, lt, type SQL, sql } from '../../database/drizzle.js';
import { auditLog } from '../../database/schema.js';
import type { ExpenseFields } from '../expense.schema.js';
import { type Author, EVERYBODY, type Owners } from '../owner.js';

type Entry = typeof auditLog.$inferSelect;
type Change = Pick<typeof auditLog.$inferInsert, 'action' | 'expenseId' | 'before' | 'after'>;

/** One change of an expense. */
export interface HistoryEntry {
  /** Which change of the expense it is, from 1. */
  readonly version: number;
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly action: Entry['action'];
  /** Who did it, as an owner. */
  readonly subject: string;
  readonly clientId: string | null;
  readonly before: ExpenseFields | null;
  readonly after: ExpenseFields | null;
}

/** Notes who changed what, in the transaction of the change. */
export async function audit(transaction: Queries, author: Author, change: Change): Promise<void> {
  await transaction
    .insert(auditLog)
    .values({ id: uuidv7(), subject: author.owner, clientId: author.clientId, ...change });
}

/**
 * The same for all rows of a data-modifying query at once: an INSERT that reads them, for its WITH clause.
 * @param rows name of the query, which returns whole expenses
 */
export function auditAll(author: Author, action: 'create' | 'delete', rows: SQL): SQL {
  const state = action === 'create' ? sql`"after"` : sql`"before"`;
  return sql`
    INSERT INTO ${auditLog} (id, subject, client_id, action, expense_id, ${state})
    SELECT gen_random_uuid(), ${author.owner}, ${author.clientId ?? null}, ${action}, id, ${asJson} FROM ${rows}`;
}

/** An expense as `audit` writes it. */
const asJson = sql`jsonb_build_object(
  'id', id, 'owner', owner, 'date', date, 'description', description, 'value', value, 'currency', currency,
  'category', category, 'version', version)`;

/**
 * The number of a change. Not its time: that is when its transaction began, and a transaction that began earlier may
 * have got its turn later.
 */
const version = sql<number>`coalesce((${auditLog.after} ->> 'version')::int, (${auditLog.before} ->> 'version')::int + 1)`;

/**
 * Changes of one expense, the last one first.
 * @param page at most `limit` changes, of those that came before the change with the number `before`
 */
export function selectHistory(
  queries: Queries,
  owners: Owners,
  expenseId: string,
  page: { readonly limit: number; readonly before?: number },
) {
  const { at, action, subject, clientId, before, after } = auditLog;
  return queries
    .select({ version: version.mapWith(Number), at, action, subject, clientId, before, after })
    .from(auditLog)
    .where(
      and(
        eq(auditLog.expenseId, expenseId),
        // Everybody writes their own expenses only.
        owners === EVERYBODY ? undefined : eq(subject, owners),
        page.before === undefined ? undefined : lt(version, page.before),
      ),
    )
    .orderBy(desc(version))
    .limit(page.limit);
}
