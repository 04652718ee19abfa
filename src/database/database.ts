import { withNamedErrors } from './database.errors.js';
import { type PgDatabase, type PgQueryResultHKT } from './drizzle.js';
import { checkRights, missingMigrations } from './migrator.js';
import { OutageLog } from './outage.log.js';

/** What queries are written on: the database itself, or a transaction of it. The same on both engines. */
export type Queries = PgDatabase<PgQueryResultHKT>;

/** How the database is, asked beside all requests. */
export interface DatabaseStatus {
  /** Whether it takes writes; a standby does not. */
  readonly isWritable: boolean;
  /** Whether requests wait because all connections are busy. */
  readonly isSaturated: boolean;
}

/** The way to the data. One per process; made by `connectDatabase`. */
export abstract class Database {
  /** For queries that are prepared once; run them inside `query`. */
  abstract readonly queries: Queries;
  private outages?: OutageLog;

  /** Has outages logged from now on. */
  logOutages(): void {
    this.outages = new OutageLog();
  }

  /**
   * Runs a read of one statement.
   * @throws DatabaseUnavailable when the database is away or takes too long, else DatabaseFault
   */
  query<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return withNamedErrors(() => work(this.queries), this.outages);
  }

  /**
   * Runs writes that belong together: all of them happen, or none when `work` rejects.
   * @throws what `work` throws; database errors as `query` does
   */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    return withNamedErrors(() => this.inTransaction(work), this.outages);
  }

  /**
   * Reads by several statements that all see the database as it was at the first of them. What is read is handed on while
   * the next part is being read; the reader decides when.
   *
   * @param work yields parts that fit into memory
   * @throws database errors as `query` does
   */
  abstract snapshot<Part>(work: (queries: Queries) => AsyncIterable<Part>): AsyncGenerator<Part>;

  /** How many connections there are, how many of them are idle, and how many queries wait for one; none embedded. */
  get connections(): { readonly total: number; readonly idle: number; readonly waiting: number } {
    return { total: 0, idle: 0, waiting: 0 };
  }

  /** The names of the migrations of this version that the database lacks, oldest first. */
  async missingMigrations(): Promise<string[]> {
    return (await this.query(missingMigrations)).map(({ name }) => name);
  }

  /**
   * Checks that our role may do with the rows of our tables what the service does.
   *
   * @throws DatabaseUnavailable when it lacks a right, for want of which requests would fail
   */
  checkRights(): Promise<void> {
    return this.query(checkRights);
  }

  /** What `transaction` does, without names for the errors. */
  protected abstract inTransaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>;

  /**
   * Asks the database how it is, without queueing behind requests.
   * @throws DatabaseUnavailable
   */
  abstract status(): Promise<DatabaseStatus>;

  /**
   * Applies the migrations that are missing; safe while other processes do the same.
   *
   * @param onWait is told who keeps us waiting, again and again
   * @param signal ends the wait
   */
  abstract migrate(onWait?: (reason: string) => void, signal?: AbortSignal): Promise<void>;

  /** Lets running queries end, then gives everything back. */
  abstract close(): Promise<void>;
}
