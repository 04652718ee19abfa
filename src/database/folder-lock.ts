import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** How long a process that is just ending may hold the folder (a restart by `nest start --watch`), in milliseconds. */
const PATIENCE_MS = 2_000;

/** Another process works in the folder of the embedded database. */
export class DatabaseLocked extends Error {
  override readonly name = 'DatabaseLocked';

  constructor(folder: string) {
    super(
      `The database folder "${folder}" is in use by another process. Stop that process, or set DATABASE_URL to ` +
        'another folder (pglite:<folder>) or to a PostgreSQL server, which many processes can share.',
    );
  }
}

/**
 * Keeps other processes out of a folder, for PGlite would let two of them write to it and ruin it. The lock is SQLite's
 * lock on an empty database file: the operating system gives it back however the process ends, so none is ever stale.
 *
 * @returns what gives the folder back
 * @throws DatabaseLocked
 */
export function lockFolder(folder: string): () => void {
  const lock = new DatabaseSync(join(folder, 'lock'), { timeout: PATIENCE_MS });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw (error as { errcode?: number }).errcode === SQLITE_BUSY ? new DatabaseLocked(folder) : error;
  }
  return () => lock.close();
}

const SQLITE_BUSY = 5;
