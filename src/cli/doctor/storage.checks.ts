import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { sql } from '../../database/drizzle.js';
import { Redis } from 'ioredis';
import { connectDatabase, type DatabaseSettings } from '../../database/connect.js';
import type { Database } from '../../database/database.js';
import { MIGRATIONS_FOLDER } from '../../database/migrations.js';
import { fault, type Finding, ok, reasonOf, warning } from './finding.js';

const TIMEOUT_MS = 2000;
const MIGRATE = 'npm run db:migrate, or start the API, which does it too.';

/** Whether the database can be reached and has every migration. Changes nothing. */
export async function checkDatabase(settings: DatabaseSettings): Promise<Finding> {
  const { DATABASE_URL: url } = settings;
  if (url.startsWith('pglite:') && !existsSync(resolve(url.slice('pglite:'.length)))) {
    return warning('database', 'the folder of the embedded database is not there yet', MIGRATE);
  }
  let database: Database | undefined;
  try {
    database = await connectDatabase(settings);
    await database.ping();
    const [applied, known] = [await appliedMigrations(database), await knownMigrations()];
    if (applied === known) return ok('database', `reachable, with all of its ${known} migrations`);
    if (applied > known) {
      return warning('database', `has ${applied - known} migrations of a newer version`, 'Update the API.');
    }
    return warning('database', `lacks ${known - applied} of ${known} migrations`, MIGRATE);
  } catch (error) {
    if ((error as Error).name === 'DatabaseLocked') {
      return warning('database', (error as Error).message, 'Stop the API to have its database looked at.');
    }
    return fault(
      'database',
      reasonOf(error),
      'Check DATABASE_URL, and that the server is up and lets us in.',
    );
  } finally {
    await database?.close();
  }
}

async function appliedMigrations(database: Database): Promise<number> {
  const count = async (query: string) => {
    const result = await database.query((queries) => queries.execute(sql.raw(query)));
    return Number((result as { rows: { count?: unknown }[] }).rows[0]?.count);
  };
  const exists = `SELECT count(*) FROM pg_tables WHERE schemaname = 'drizzle' AND tablename = '__drizzle_migrations'`;
  return (await count(exists)) === 0 ? 0 : count('SELECT count(*) FROM drizzle.__drizzle_migrations');
}

async function knownMigrations(): Promise<number> {
  const journal = await readFile(join(MIGRATIONS_FOLDER, 'meta', '_journal.json'), 'utf8');
  return (JSON.parse(journal) as { entries: unknown[] }).entries.length;
}

/** Whether Redis answers, if there is to be one. */
export async function checkRedis(url: string | undefined): Promise<Finding> {
  if (!url) return ok('redis', 'not configured; each process counts requests for itself');
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let connectionFault: unknown;
  redis.on('error', (error) => {
    connectionFault = error;
  });
  try {
    await redis.connect();
    await redis.ping();
    return ok('redis', 'reachable');
  } catch (error) {
    return fault(
      'redis',
      reasonOf(connectionFault ?? error),
      'Check REDIS_URL, and that the server is up and lets us in.',
    );
  } finally {
    redis.disconnect();
  }
}
