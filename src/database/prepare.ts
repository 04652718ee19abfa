import { setTimeout as delay } from 'node:timers/promises';
import { connectDatabase, type DatabaseSettings } from './connect.js';
import type { Database } from './database.js';
import { DatabaseFault, DatabaseUnavailable } from './database.errors.js';

/** How long a server that is itself just starting is waited for, in milliseconds. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 1_000;

/** The database of DATABASE_URL cannot be used, and why. */
export class DatabaseNotUsable extends Error {
  override readonly name = 'DatabaseNotUsable';

  constructor(cause: unknown) {
    const { message } = new DatabaseFault(cause);
    super(`The database of DATABASE_URL cannot be used: ${message}`, { cause });
  }
}

/**
 * Connects to the database and brings it up to date; several processes may do so at the same time.
 *
 * @param patienceMs how long to wait for a database that is away, in milliseconds
 * @throws DatabaseNotUsable; DatabaseLocked when another process has PGlite's folder open
 */
export async function prepareDatabase(
  settings: DatabaseSettings,
  patienceMs = PATIENCE_MS,
): Promise<Database> {
  const database = await connectDatabase(settings);
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      await database.migrate();
      return database;
    } catch (error) {
      if (error instanceof DatabaseUnavailable && Date.now() < deadline) {
        await delay(PAUSE_MS);
        continue;
      }
      await database.close();
      throw new DatabaseNotUsable(error);
    }
  }
}
