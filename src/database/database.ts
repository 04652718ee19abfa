import { translated } from './database.errors.js';
import { type PgDatabase, type PgQueryResultHKT, sql } from './drizzle.js';

/** What queries are written on: the database itself, or a transaction of it. The same on both engines. */
export type Queries = PgDatabase<PgQueryResultHKT>;

/** The way to the data. One per process; made by `connectDatabase`. */
export abstract class Database {
  /** For queries that are prepared once; run them inside `query`. */
  abstract readonly queries: Queries;

  /**
   * Runs a read of one statement.
   * @throws DatabaseUnavailable when the database is away or takes too long, else DatabaseFault
   */
  query<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return translated(() => work(this.queries));
  }

  /**
   * Runs writes that belong together: all of them happen, or none when `work` rejects.
   * @throws what `work` throws; database errors as `query` does
   */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return translated(() => this.inTransaction(work));
  }

  /** How many connections there are, how many of them are idle, and how many queries wait for one; none embedded. */
  get connections(): { readonly total: number; readonly idle: number; readonly waiting: number } {
    return { total: 0, idle: 0, waiting: 0 };
  }

  /** Asks the database for a sign of life. @throws DatabaseUnavailable */
  async ping(): Promise<void> {
    await this.query((queries) => queries.execute(sql`SELECT 1`));
  }

  protected abstract inTransaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>;

  /** Applies the migrations that are missing; safe while other processes do the same. */
  abstract migrate(): Promise<void>;

  /** Lets running queries end, then gives everything back. */
  abstract close(): Promise<void>;
}
