import type { Environment } from '../config/environment.js';
import type { Database } from './database.js';
import { PostgresDatabase } from './postgres.js';

/** The settings that the database needs. */
export type DatabaseSettings = Pick<
  Environment,
  'DATABASE_URL' | 'DATABASE_POOL_SIZE' | 'DATABASE_STATEMENT_TIMEOUT'
> &
  Partial<
    Pick<Environment, 'DATABASE_PASSWORD' | 'DATABASE_PASSWORD_FILE' | 'DATABASE_MIGRATION_URL' | 'MIGRATE'>
  > & {
    /** The setting that the URL comes from, where it is not DATABASE_URL. */
    readonly variable?: string;
  };

/**
 * The database that DATABASE_URL names: `postgres://...`, `pglite:<folder>`, or `pglite:memory://` for tests. PostgreSQL
 * is not contacted before the first query. The caller migrates and closes it.
 *
 * @throws DatabaseLocked when another process has PGlite's folder open
 */
export async function connectDatabase(settings: DatabaseSettings): Promise<Database> {
  const { DATABASE_URL: url } = settings;
  if (url.startsWith('pglite:')) {
    // Loaded for those who use it only: PGlite is a megabyte of code.
    const { PgliteDatabase } = await import('./pglite.js');
    return PgliteDatabase.open(url.slice('pglite:'.length));
  }
  return new PostgresDatabase({
    url,
    password: settings.DATABASE_PASSWORD,
    passwordFile: settings.DATABASE_PASSWORD_FILE,
    poolSize: settings.DATABASE_POOL_SIZE,
    statementTimeoutSeconds: settings.DATABASE_STATEMENT_TIMEOUT,
  });
}
