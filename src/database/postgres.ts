import { Logger } from '@nestjs/common';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ConnectionPool, type PoolOptions } from './connection-pool.js';
import { type ConnectionSettings, sslModeWarning } from './connection-settings.js';
import { Database, type DatabaseStatus, type Queries } from './database.js';
import { withNamedErrors } from './database.errors.js';
import { codeOf } from './driver-errors.js';
import { drizzlePostgres as drizzle, sql } from './drizzle.js';
import { lockMigrations } from './migration-lock.js';
import { applyMigrations, missingMigrations } from './migrator.js';

/** Time that each statement of a migration has for the locks it needs, so that it does not hold up all who come after. */
const MIGRATION_LOCK_TIMEOUT = '10s';
/** How long the answer about the database's state is good for, in milliseconds. */
const STATUS_AGE_MS = 500;
/** Of the one connection that only asks how the database is, in milliseconds. */
const STATUS_TIMEOUT_MS = 2_000;

/** How to reach a PostgreSQL server, and what may be asked of it. */
export interface PostgresOptions extends Omit<ConnectionSettings, 'applicationName'> {
  /** Most connections of this process at a time, without the one that only asks how the database is. */
  readonly poolSize: number;
  /** Time a statement may take, in seconds. */
  readonly statementTimeoutSeconds: number;
}

/** PostgreSQL 15 or newer, directly or through a pooler; connections come back by themselves after an outage. */
export class PostgresDatabase extends Database {
  readonly queries: Queries;
  private readonly pool: ConnectionPool;
  /** One connection of its own, so that the question is answered while all others are busy. */
  private readonly probe: ConnectionPool;
  private hasToldOfPooler = false;
  private asked?: { readonly at: number; readonly answer: Promise<boolean> };

  constructor(private readonly options: PostgresOptions) {
    super();
    const { poolSize, statementTimeoutSeconds, ...connection } = options;
    const onPooler = () => this.tellOfPooler();
    const common = { ...connection, applicationName: 'expenses-api', onPooler };
    this.pool = new ConnectionPool({
      ...common,
      size: poolSize,
      statementTimeoutMs: statementTimeoutSeconds * 1000,
    });
    this.probe = new ConnectionPool({ ...common, size: 1, statementTimeoutMs: STATUS_TIMEOUT_MS });
    this.queries = drizzleOn(this.pool);
    const warning = sslModeWarning(options.url);
    if (warning) new Logger('Database').warn(warning);
  }

  private tellOfPooler(): void {
    if (this.hasToldOfPooler) return;
    this.hasToldOfPooler = true;
    new Logger('Database').log('The database is reached through a pooler: no statement is kept prepared');
  }

  override get connections() {
    return this.pool.counts;
  }

  /** Not drizzle's own transaction: it loses the connection from the pool when BEGIN fails. */
  protected inTransaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return this.pool.transaction((client) => work(drizzle(client)));
  }

  async *snapshot<Part>(work: (queries: Queries) => AsyncIterable<Part>): AsyncGenerator<Part> {
    const parts = new PassThrough({ objectMode: true, highWaterMark: 1 });
    const done = this.transaction(async (queries) => {
      await queries.execute(sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY`);
      await pipeline(work(queries), parts);
    });
    done.catch(() => parts.destroy());
    try {
      // A reader that stops ends the stream, and with it the transaction.
      yield* parts as AsyncIterable<Part>;
    } catch {
      // `done` has the error by its name.
    }
    await done;
  }

  async status(): Promise<DatabaseStatus> {
    const now = performance.now();
    if (!this.asked || now - this.asked.at > STATUS_AGE_MS)
      this.asked = { at: now, answer: this.askWhetherWritable() };
    const isWritable = await this.asked.answer;
    return { isWritable, isSaturated: this.pool.counts.waiting > 0 };
  }

  private askWhetherWritable(): Promise<boolean> {
    return withNamedErrors(async () => {
      try {
        const { rows } = await this.probe.query({
          text: `SELECT current_setting('transaction_read_only') AS "readOnly"`,
        });
        const isWritable = (rows as { readOnly: string }[])[0]?.readOnly === 'off';
        // The name may lead to another server by now.
        if (!isWritable) this.probe.renew();
        return isWritable;
      } catch (error) {
        // No connection is left for the question, but those that we have may well serve.
        if (codeOf(error) === '53300' && this.pool.counts.total > 0) return true;
        throw error;
      }
    });
  }

  migrate(onWait: (reason: string) => void = () => undefined, signal?: AbortSignal): Promise<void> {
    return withNamedErrors(async () => {
      // Apart from the pool, for a migration may take longer than a request.
      const { poolSize: _size, statementTimeoutSeconds: _timeout, ...connection } = this.options;
      const options: PoolOptions = {
        ...connection,
        applicationName: 'expenses-api migrations',
        size: 1,
        statementTimeoutMs: MIGRATION_LIMIT_MS,
      };
      const pool = new ConnectionPool(options);
      try {
        await pool.transaction(async (client) => {
          const transaction = drizzle(client);
          await transaction.execute(sql.raw(`SET LOCAL lock_timeout = '${MIGRATION_LOCK_TIMEOUT}'`));
          await lockMigrations(transaction, onWait, signal);
          // Asked under the lock: another process may have applied them meanwhile.
          const missing = await missingMigrations(transaction);
          if (missing.length > 0) onWait(`its own migrations: ${missing.map(({ name }) => name).join(', ')}`);
          await applyMigrations(transaction, missing);
        });
      } finally {
        await pool.close();
      }
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.pool.close(), this.probe.close()]);
  }
}

/** How long a statement of a migration may take, in milliseconds; an index on many rows takes minutes. */
const MIGRATION_LIMIT_MS = 60 * 60 * 1000;

/** drizzle takes whatever has node-postgres's `query`. */
function drizzleOn(pool: ConnectionPool): Queries {
  return drizzle(pool as never);
}
