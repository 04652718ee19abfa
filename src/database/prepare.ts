import { setTimeout as delay } from 'node:timers/promises';
import { connectDatabase, type DatabaseSettings } from './connect.js';
import type { Database } from './database.js';
import { DatabaseFault, DatabaseUnavailable } from './database.errors.js';
import { codeOf, isLasting } from './driver-errors.js';

/** How long a database is waited for that is just starting, a standby or being migrated, in milliseconds. */
const PATIENCE_MS = 60_000;
const PAUSE_MS = 500;
/** How long a wait may last before it is told of, and how often it is then, in milliseconds. */
const FIRST_REPORT_MS = 1_000;
const REPORT_MS = 3_000;

/** What the start waits for, and for how long it has done so. */
export interface Wait {
  readonly waitingFor: string;
  readonly seconds: number;
}

/** How to prepare a database. */
export interface PrepareOptions {
  /** How long to wait for what may pass, in milliseconds. */
  readonly patienceMs?: number;
  /** Is told of a wait every few seconds. */
  readonly onWait?: (wait: Wait) => void;
}

/** The database that a setting names cannot be used, and why. */
export class DatabaseNotUsable extends Error {
  override readonly name = 'DatabaseNotUsable';

  constructor(cause: unknown, variable: string) {
    const { message } = new DatabaseFault(cause);
    const advice = adviceFor(cause);
    super(`The database of ${variable} cannot be used: ${message}${advice ? `. ${advice}` : ''}`, { cause });
  }
}

/** It lacks migrations, and this process is not to apply them (MIGRATE=never). */
export class DatabaseNotMigrated extends Error {
  override readonly name = 'DatabaseNotMigrated';

  constructor(readonly missing: readonly string[]) {
    super(
      `The database lacks ${missing.length === 1 ? 'the migration' : 'the migrations'} ${missing.join(', ')}. ` +
        'Apply what is missing first, by `node dist/cli/migrate.js` or `npm run db:migrate` as a role that may change ' +
        'the schema, or set MIGRATE=start.',
    );
  }
}

/**
 * Connects to the database and sees to it that it has the schema of this version: by applying what is missing, unless
 * MIGRATE says never. Several processes may do so at the same time. Waits for a server that is away or a standby.
 *
 * @throws DatabaseNotUsable, DatabaseNotMigrated; DatabaseLocked when another process has PGlite's folder open
 */
export async function prepareDatabase(
  settings: DatabaseSettings,
  { patienceMs = PATIENCE_MS, onWait = () => undefined }: PrepareOptions = {},
): Promise<Database> {
  const database = await connectDatabase(settings);
  const reporter = new WaitReporter(onWait);
  const signal = AbortSignal.timeout(patienceMs);
  try {
    for (;;) {
      try {
        await makeReady(database, settings, reporter, signal);
        return database;
      } catch (error) {
        if (!mayPass(error) || signal.aborted) throw error;
        reporter.set(reasonOf(error));
        await delay(PAUSE_MS);
      }
    }
  } catch (error) {
    await database.close();
    if (error instanceof DatabaseNotMigrated) throw error;
    const { variable = settings.variable ?? 'DATABASE_URL' } = error as { variable?: string };
    throw new DatabaseNotUsable(error, variable);
  } finally {
    reporter.stop();
  }
}

async function makeReady(
  database: Database,
  settings: DatabaseSettings,
  reporter: WaitReporter,
  signal: AbortSignal,
): Promise<void> {
  const { isWritable } = await database.status();
  if (!isWritable)
    throw new DatabaseUnavailable(
      new Error('The database is read-only: a standby, or a role that may only read'),
    );
  const missing = await database.missingMigrations();
  if (missing.length > 0) {
    if (settings.MIGRATE === 'never') throw new DatabaseNotMigrated(missing);
    await migrateDatabase(settings, (reason) => reporter.set(reason), signal, database);
  }
  await database.checkRights();
}

/** Applies what is missing, as the role of DATABASE_MIGRATION_URL if there is one. */
async function migrateDatabase(
  settings: DatabaseSettings,
  onWait: (reason: string) => void,
  signal: AbortSignal,
  running: Database,
): Promise<void> {
  if (settings.DATABASE_MIGRATION_URL === undefined) return running.migrate(onWait, signal);
  const { variable, ...ofMigrations } = migrationSettings(settings);
  const database = await connectDatabase(ofMigrations);
  try {
    return await database.migrate(onWait, signal);
  } catch (error) {
    throw Object.assign(error as Error, { variable });
  } finally {
    await database.close();
  }
}

/** The settings for the role that changes the schema: its own URL, if there is one, and no other role's password. */
export function migrationSettings(settings: DatabaseSettings): DatabaseSettings {
  const { DATABASE_MIGRATION_URL: url, DATABASE_POOL_SIZE, DATABASE_STATEMENT_TIMEOUT } = settings;
  if (url === undefined) return { ...settings, MIGRATE: 'start' };
  const variable = 'DATABASE_MIGRATION_URL';
  return { DATABASE_URL: url, DATABASE_POOL_SIZE, DATABASE_STATEMENT_TIMEOUT, MIGRATE: 'start', variable };
}

function mayPass(error: unknown): boolean {
  return error instanceof DatabaseUnavailable && !isLasting(error);
}

function reasonOf(error: unknown): string {
  const { message } = new DatabaseFault(error);
  const isReadOnly = message.includes('read-only');
  return isReadOnly ? 'a database that takes writes (it is read-only now)' : `the database (${message})`;
}

function adviceFor(error: unknown): string | undefined {
  const code = codeOf(error);
  if (code === '42501') {
    return (
      'If it is to be migrated by this role, the owner of the schema must allow it: GRANT USAGE, CREATE ON SCHEMA public ' +
      'TO <role>. If another role migrates it (DATABASE_MIGRATION_URL, or MIGRATE=never), this one needs: GRANT USAGE ON ' +
      'SCHEMA public TO <role>; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO <role>'
    );
  }
  if (code === '3F000') return 'The first schema of the search path must exist: CREATE SCHEMA ...';
  return undefined;
}

/** Tells of a wait every few seconds, with what it is for at that moment. */
class WaitReporter {
  private readonly startedAt = performance.now();
  private reason?: string;
  private timer?: NodeJS.Timeout;

  constructor(private readonly onWait: (wait: Wait) => void) {}

  set(reason: string): void {
    this.reason = reason;
    this.timer ??= setTimeout(() => this.report(), FIRST_REPORT_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private report(): void {
    const seconds = Math.round((performance.now() - this.startedAt) / 100) / 10;
    this.onWait({ waitingFor: this.reason!, seconds });
    this.timer = setTimeout(() => this.report(), REPORT_MS);
  }
}
