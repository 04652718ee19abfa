import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Redis } from 'ioredis';
import { connectDatabase, type DatabaseSettings } from '../../database/connect.js';
import type { Database } from '../../database/database.js';
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
    const { isWritable } = await database.status();
    const missing = await database.missingMigrations();
    if (missing.length > 0) return warning('database', `lacks the migrations ${missing.join(', ')}`, MIGRATE);
    await database.checkRights();
    if (isWritable) return ok('database', 'reachable, takes writes, and has all of its migrations');
    return warning('database', 'is read-only', 'Lead DATABASE_URL to the server that takes writes.');
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
