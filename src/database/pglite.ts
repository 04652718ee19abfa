import { PGlite } from '@electric-sql/pglite';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Database, type DatabaseStatus, type Queries } from './database.js';
import { sql } from './drizzle.js';
import { DatabaseLocked, lockFolder } from './folder-lock.js';
import { drizzle } from './drizzle.pglite.js';
import { applyMigrations, missingMigrations } from './migrator.js';
import { createDataFolder } from './pglite.template.js';

/** How long its answer is waited for before it counts as busy, in milliseconds. */
const PATIENCE_MS = 1_000;

/** As PGlite itself calls a database that is gone when the process ends. */
const IN_MEMORY = 'memory://';

/**
 * PGlite would take 128 MiB for its buffers as soon as it starts, as much again as everything else. The file system's
 * cache serves the databases that it is meant for.
 */
const OPTIONS = { startParams: [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB'] };

/**
 * PostgreSQL inside this process, for one machine. It has a single connection: transactions run one after the other.
 * A commit is in the files before it is acknowledged, so a killed process loses none; PGlite has no fsync, so a power
 * cut may.
 */
export class PgliteDatabase extends Database {
  readonly queries: Queries;

  private constructor(
    private readonly pglite: PGlite,
    private readonly unlock: () => void,
  ) {
    super();
    this.queries = drizzle(pglite);
  }

  /**
   * @param location a folder, made when it is not there, or `memory://`
   * @throws DatabaseLocked when another process has the folder open; FolderNotUsable
   */
  static async open(location: string): Promise<PgliteDatabase> {
    if (location === IN_MEMORY) return new PgliteDatabase(await PGlite.create(IN_MEMORY, OPTIONS), () => {});
    const folder = resolve(location);
    const unlock = claim(folder);
    const data = join(folder, 'pgdata');
    const isThere = existsSync(data);
    try {
      if (!isThere) await createDataFolder(data);
      return new PgliteDatabase(await PGlite.create(data, OPTIONS), unlock);
    } catch (error) {
      unlock();
      // Of files that are there PGlite says no more than that it cannot start with them.
      const isOfFolder = isThere || (error as NodeJS.ErrnoException).syscall !== undefined;
      throw isOfFolder ? new FolderNotUsable(folder, error) : error;
    }
  }

  protected inTransaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return this.queries.transaction((transaction) => work(transaction));
  }

  /** Its one connection must not wait for a slow reader, so all parts are read at once. */
  async *snapshot<Part>(work: (queries: Queries) => AsyncIterable<Part>): AsyncGenerator<Part> {
    yield* await this.transaction((queries) => Readable.from(work(queries)).toArray() as Promise<Part[]>);
  }

  async status(): Promise<DatabaseStatus> {
    const answer = this.query((queries) => queries.execute(sql`SELECT 1`)).then(() => true);
    // It has one connection, and one thread: a long import is no failure.
    const isAnswered = await Promise.race([answer, delay(PATIENCE_MS, false, { ref: false })]);
    return { isWritable: true, isSaturated: !isAnswered };
  }

  migrate(): Promise<void> {
    return this.transaction(async (transaction) =>
      applyMigrations(transaction, await missingMigrations(transaction)),
    );
  }

  async close(): Promise<void> {
    try {
      await this.pglite.close();
    } finally {
      this.unlock();
    }
  }
}

/** The folder of the embedded database cannot be read and written, or holds something else. */
export class FolderNotUsable extends Error {
  override readonly name = 'FolderNotUsable';

  constructor(folder: string, cause: unknown) {
    const { reason, remedy } = faultOf(cause as NodeJS.ErrnoException);
    super(
      `The database folder "${folder}" cannot be used (${reason}). ${remedy}, or set DATABASE_URL to another folder ` +
        '(pglite:<folder>) or to a PostgreSQL server.',
      { cause },
    );
  }
}

/** What is wrong with a folder, and what helps. */
function faultOf({ code, syscall, message }: NodeJS.ErrnoException): { reason: string; remedy: string } {
  if (code === 'EEXIST' || code === 'ENOTDIR') {
    return { reason: code, remedy: 'Move the file away that is in its place' };
  }
  // SQLite, which keeps the lock, says in words that it cannot write.
  const isOfLock = code === 'ERR_SQLITE_ERROR';
  if (isOfLock || (code !== undefined && syscall !== undefined)) {
    return { reason: isOfLock ? message : code, remedy: 'Let this user read and write it' };
  }
  return {
    reason: message,
    remedy: 'Its files are damaged, or of another version of PostgreSQL: put a copy of them back',
  };
}

/** Makes the folder, and keeps other processes out of it. @returns what gives it back */
function claim(folder: string): () => void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return lockFolder(folder);
  } catch (error) {
    throw error instanceof DatabaseLocked ? error : new FolderNotUsable(folder, error);
  }
}
