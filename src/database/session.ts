import { Client, type ClientBase, type QueryConfig, type QueryResult } from 'pg';
import { cancelStatement } from './cancel-request.js';
import { EncodingNotUsable } from './database.errors.js';

/** A connection as the pool makes it, not set up yet. */
export class SessionClient extends Client {
  /**
   * Dates are read in ISO form, whatever the role's DateStyle. A startup parameter, since poolers keep this one for each
   * of their clients, which they do with no other setting that we need.
   */
  getStartupConf(): Record<string, string> {
    const inherited = Client.prototype as unknown as { getStartupConf(): Record<string, string> };
    return { ...inherited.getStartupConf.call(this), DateStyle: 'ISO' };
  }
}

/** What is known of a connection once it stands. */
interface SessionFacts {
  /** The server's statement_timeout, set on the very server process that we were told of: there is no pooler between. */
  readonly timeout: string | null;
  readonly encoding: string;
}

/**
 * A connection that is set up. A pooler (PgBouncer and the like, in transaction mode) gives every transaction to another
 * server process, so that settings and prepared statements of the session do not hold. It is recognised by what it cannot
 * know: which server process it will choose, so the one that it names at the start is not the one that answers.
 */
export class Session {
  private constructor(
    private readonly client: ClientBase,
    private readonly statementTimeoutMs: number,
    readonly isPooled: boolean,
  ) {}

  /**
   * Sets a connection up, with one question to the server.
   *
   * @throws EncodingNotUsable when the database does not hold every text
   */
  static async open(client: ClientBase, statementTimeoutMs: number): Promise<Session> {
    const { processID } = client as unknown as { processID: number };
    const result = await client.query<SessionFacts>(`
      SELECT current_setting('server_encoding') AS encoding,
        CASE pg_backend_pid() WHEN ${processID} THEN set_config('statement_timeout', '${statementTimeoutMs}', false) END AS timeout`);
    const { encoding, timeout } = result.rows[0]!;
    if (encoding !== 'UTF8') throw new EncodingNotUsable(encoding);
    return new Session(client, statementTimeoutMs, timeout === null);
  }

  /**
   * Runs one statement outside of a transaction. The server ends it when it takes too long; through a pooler, where that
   * setting does not hold, we ask it to.
   *
   * @param keepsPrepared whether prepared statements can be relied on
   */
  async query(
    config: QueryConfig,
    values: unknown[] | undefined,
    keepsPrepared: boolean,
  ): Promise<QueryResult> {
    if (!this.isPooled) return this.client.query(keepsPrepared ? config : unnamed(config), values);
    const timer = setTimeout(() => cancelStatement(this.client), this.statementTimeoutMs);
    try {
      return await this.client.query(unnamed(config), values);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The statement that begins a transaction, in which the time of each statement is bounded. */
  get begin(): string {
    return this.isPooled ? `BEGIN; SET LOCAL statement_timeout = ${this.statementTimeoutMs}` : 'BEGIN';
  }
}

/** A statement that the server does not keep. drizzle hands it over with options that node-postgres knows. */
function unnamed(config: QueryConfig): QueryConfig {
  return config.name === undefined ? config : { ...config, name: undefined };
}
