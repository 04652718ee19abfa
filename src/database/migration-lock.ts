import { setTimeout as delay } from 'node:timers/promises';
import type { Queries } from './database.js';
import { DatabaseUnavailable } from './database.errors.js';
import { sql } from './drizzle.js';

/** Lets one process at a time migrate; an arbitrary number, the same in all versions. */
const LOCK = 7_203_114_559;
const PAUSE_MS = 500;

/** Who holds the lock, as far as our role may see it. */
interface Holder {
  readonly pid: number;
  readonly name: string | null;
  readonly address: string | null;
  readonly since: string | null;
}

/**
 * Takes the lock that lets one process at a time migrate, until the end of the transaction. It is a lock of the
 * transaction, which poolers keep, and not of the session.
 *
 * @param onWait is told who holds it, again and again
 * @param signal ends the wait
 * @throws DatabaseUnavailable when the wait was ended
 */
export async function lockMigrations(
  transaction: Queries,
  onWait: (reason: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  while (!(await isTaken(transaction))) {
    const reason = await describeHolder(transaction);
    onWait(reason);
    if (signal?.aborted) throw new DatabaseUnavailable(new Error(`Gave up waiting for ${reason}`));
    await delay(PAUSE_MS);
  }
}

async function isTaken(transaction: Queries): Promise<boolean> {
  const result: unknown = await transaction.execute(
    sql`SELECT pg_try_advisory_xact_lock(${LOCK}::bigint) AS taken`,
  );
  return (result as { rows: { taken: boolean }[] }).rows[0]!.taken;
}

async function describeHolder(transaction: Queries): Promise<string> {
  const result: unknown = await transaction.execute(sql`
    SELECT a.pid, nullif(a.application_name, '') AS name, a.client_addr::text AS address,
      to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (l.classid::bigint << 32) | l.objid::bigint = ${LOCK}::bigint`);
  const [holder] = (result as { rows: Holder[] }).rows;
  if (!holder) return 'the migration lock';
  const { pid, name, address, since } = holder;
  const parts = [
    `process ${pid} of the server`,
    name && `"${name}"`,
    address && `from ${address}`,
    since && `since ${since}`,
  ];
  return `the migration lock, held by ${parts.filter(Boolean).join(', ')}`;
}
