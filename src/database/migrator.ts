import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Queries } from './database.js';
import { sql, type SQL } from './drizzle.js';
import { MIGRATIONS_FOLDER } from './migrations.js';

/** A step of the schema, as drizzle-kit writes it. */
export interface Migration {
  /** Its file, as in `0000_expenses`. */
  readonly name: string;
  readonly statements: readonly string[];
  /** SHA-256 of the file. */
  readonly hash: string;
}

/** All migrations of this version, oldest first. */
export function readMigrations(): Migration[] {
  const journal = readFileSync(join(MIGRATIONS_FOLDER, 'meta', '_journal.json'), 'utf8');
  return (JSON.parse(journal) as { entries: { tag: string }[] }).entries.map(({ tag }) => {
    const text = readFileSync(join(MIGRATIONS_FOLDER, `${tag}.sql`), 'utf8');
    const hash = createHash('sha256').update(text).digest('hex');
    return { name: tag, statements: text.split('--> statement-breakpoint'), hash };
  });
}

/**
 * Which migrations the database lacks. Changes nothing, and needs no more than the right to read.
 *
 * What was applied stands in the table `expenses_migrations` beside ours, that is in the first schema of the search path:
 * drizzle's own journal is one for the whole database, so the migrations of another application, or those of another
 * schema, would be taken for ours.
 */
export async function missingMigrations(queries: Queries): Promise<Migration[]> {
  const applied = await appliedNames(queries);
  return readMigrations().filter(({ name }) => !applied.has(name));
}

/** Applies migrations and writes them down; both happen, or nothing. */
export async function applyMigrations(transaction: Queries, missing: readonly Migration[]): Promise<void> {
  const isNew = !(await exists(transaction, 'expenses_migrations'));
  if (isNew) {
    await transaction.execute(
      sql`CREATE TABLE expenses_migrations (name text PRIMARY KEY, hash text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    // There are names in it only, and whoever runs the API must be able to see that nothing is missing.
    await transaction.execute(sql`GRANT SELECT ON expenses_migrations TO PUBLIC`);
  }
  const lacking = new Set(missing.map(({ name }) => name));
  const before = isNew ? readMigrations().filter(({ name }) => !lacking.has(name)) : [];
  for (const migration of before) await writeDown(transaction, migration);
  for (const migration of missing) {
    for (const statement of migration.statements) await transaction.execute(sql.raw(statement));
    await writeDown(transaction, migration);
  }
}

const EVERYTHING = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

/** What the service does with the rows of its tables. The audit table is only added to: nothing of it need be changeable. */
const NEEDED_RIGHTS: Readonly<Record<string, readonly string[]>> = {
  expenses: EVERYTHING,
  idempotency_keys: EVERYTHING,
  audit_log: ['SELECT', 'INSERT'],
  issuers: ['SELECT', 'INSERT'],
  revocations: EVERYTHING,
};

/**
 * Checks that our role may do with rows what the service does.
 *
 * @throws an error of the server's form (SQLSTATE 42501) that names what it may not do
 */
export async function checkRights(queries: Queries): Promise<void> {
  const needed = sql`jsonb_each(${JSON.stringify(NEEDED_RIGHTS)}::jsonb) t(name, rights), jsonb_array_elements_text(rights) r`;
  const lacking = await column(
    queries,
    sql`SELECT string_agg(r, ', ') || ' on the table ' || name AS value FROM ${needed} WHERE NOT has_table_privilege(name, r) GROUP BY name ORDER BY name`,
  );
  if (lacking.length === 0) return;
  const [role] = await column(queries, sql`SELECT current_user::text AS value`);
  throw Object.assign(new Error(`the role ${role} lacks the right to ${lacking.join(' and to ')}`), {
    code: '42501',
  });
}

function writeDown(transaction: Queries, { name, hash }: Migration): Promise<unknown> {
  return transaction.execute(sql`INSERT INTO expenses_migrations (name, hash) VALUES (${name}, ${hash})`);
}

async function appliedNames(queries: Queries): Promise<ReadonlySet<string>> {
  if (await exists(queries, 'expenses_migrations')) {
    return new Set(await column(queries, sql`SELECT name AS value FROM expenses_migrations`));
  }
  // A database of before there was a journal of our own. Another schema of the same database may have no tables yet.
  const [journal] = await column(
    queries,
    sql`SELECT to_regclass('drizzle.__drizzle_migrations')::text AS value`,
  );
  if (!journal || !(await exists(queries, 'expenses'))) return new Set();
  const hashes = new Set(await column(queries, sql`SELECT hash AS value FROM drizzle.__drizzle_migrations`));
  const names = readMigrations().filter(({ hash }) => hashes.has(hash));
  return new Set(names.map(({ name }) => name));
}

/** Whether there is a table of that name in the schema that ours are in. */
async function exists(queries: Queries, table: string): Promise<boolean> {
  const [found] = await column(
    queries,
    sql`SELECT c.relname AS value FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = current_schema() AND c.relname = ${table}`,
  );
  return found !== undefined;
}

async function column(queries: Queries, query: SQL): Promise<string[]> {
  const result: unknown = await queries.execute(query);
  return (result as { rows: { value: string }[] }).rows.map(({ value }) => value);
}
