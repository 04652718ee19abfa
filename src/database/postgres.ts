import { Client, Pool, type PoolClient } from 'pg';
import { Database, type Queries } from './database.js';
import { translated } from './database.errors.js';
import { drizzlePostgres as drizzle, migratePostgres as migrate } from './drizzle.js';
import { MIGRATIONS_FOLDER } from './migrations.js';

const CONNECT_TIMEOUT_MS = 5_000;

/** Time that the server's own timeout has to be heard of, in milliseconds, before we stop listening to it. */
const NETWORK_GRACE_MS = 5_000;

/** Of the advisory lock that lets one process at a time migrate; an arbitrary number, the same in all versions. */
const MIGRATION_LOCK = 7_203_114_559;

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database?sslmode=...` */
  url: string;
  /** Most connections of this process at a time. */
  poolSize: number;
  /** Time a statement may take, in seconds. */
  statementTimeoutSeconds: number;
}

/** PostgreSQL 15 or newer through a pool, whose connections come back by themselves after a restart of the server. */
export class PostgresDatabase extends Database {
  readonly queries: Queries;
  private readonly pool: Pool;

  constructor(private readonly options: PostgresOptions) {
    super();
    const statementTimeoutMs = options.statementTimeoutSeconds * 1000;
    this.pool = new Pool({
      connectionString: options.url,
      application_name: 'expenses-api',
      max: options.poolSize,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + NETWORK_GRACE_MS,
    });
    // An idle connection that breaks is replaced by the pool; without a listener its error would end the process.
    this.pool.on('error', ignore);
    this.queries = drizzle(this.pool);
  }

  override get connections() {
    const { totalCount, idleCount, waitingCount } = this.pool;
    return { total: totalCount, idle: idleCount, waiting: waitingCount };
  }

  /** Not drizzle's own transaction: it loses the connection from the pool when BEGIN fails. */
  protected async inTransaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    client.on('error', ignore); // the running query rejects as well, and that is what we act on
    let broken = false;
    try {
      await client.query('BEGIN');
      const result = await work(drizzle(client));
      await client.query('COMMIT');
      return result;
    } catch (error) {
      broken = await rollback(client);
      throw error;
    } finally {
      client.off('error', ignore);
      client.release(broken);
    }
  }

  migrate(): Promise<void> {
    return translated(async () => {
      // A connection of its own: waiting for another process must not end at the statement timeout.
      const client = new Client({
        connectionString: this.options.url,
        application_name: 'expenses-api migrations',
        connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      });
      client.on('error', ignore);
      try {
        await client.connect();
        await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
        await migrate(drizzle(client), { migrationsFolder: MIGRATIONS_FOLDER });
      } finally {
        await client.end(); // which releases the lock
      }
    });
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}

function ignore(): void {}

/** @returns whether the connection can no longer be used */
async function rollback(client: PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return false;
  } catch {
    return true;
  }
}
