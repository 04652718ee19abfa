import { type ClientBase, Pool, type PoolClient, type QueryConfig, type QueryResult } from 'pg';
import { clientConfig, type ConnectionSettings } from './connection-settings.js';
import { DatabaseUnavailable } from './database.errors.js';
import { endsConnection, isReadOnly, losesPreparedStatements } from './driver-errors.js';
import { Session, SessionClient } from './session.js';
import { CONNECTION_LIMIT_MS, timedSocket } from './timed-socket.js';

/** Time that the server's own timeout has to be heard of, in milliseconds, before we stop listening to it. */
const NETWORK_GRACE_MS = 5_000;
/** How long a request waits for one of the connections when all are busy, in milliseconds. */
const QUEUE_LIMIT_MS = 5_000;
/** Greatest age of a connection, in seconds, so that none outlives a change of where the server's name leads. */
const MAX_AGE_SECONDS = 900;
/** How long a connection that is not used is kept, in milliseconds. */
const IDLE_MS = 30_000;
/** Shortest time between two moments at which all connections are renewed, in milliseconds. */
const RENEWAL_PAUSE_MS = 250;

/** Which server a pool leads to, and what it may ask of it. */
export interface PoolOptions extends ConnectionSettings {
  /** Most connections at a time. */
  readonly size: number;
  /** Longest time that a statement may take, in milliseconds. */
  readonly statementTimeoutMs: number;
  /** Is told, for each connection, that it leads through a pooler. */
  readonly onPooler?: () => void;
}

/**
 * node-postgres's pool, and what it leaves to others: connections are set up before they are used, nobody waits for one
 * longer than a request may, and those that broke, that lead to a standby or that are of before a failover are thrown away.
 */
export class ConnectionPool {
  private readonly pool: Pool;
  private readonly sessions = new WeakMap<ClientBase, Session>();
  private readonly generations = new WeakMap<ClientBase, number>();
  private generation = 0;
  private renewedAt = -Infinity;
  private keepsPrepared = true;

  constructor(private readonly options: PoolOptions) {
    const { size, statementTimeoutMs } = options;
    const settings = {
      ...clientConfig(options),
      Client: SessionClient,
      stream: timedSocket,
      query_timeout: statementTimeoutMs + NETWORK_GRACE_MS,
      max: size,
      connectionTimeoutMillis: CONNECTION_LIMIT_MS,
      idleTimeoutMillis: IDLE_MS,
      maxLifetimeSeconds: MAX_AGE_SECONDS,
      onConnect: (client: ClientBase) => this.setUp(client),
    };
    this.pool = new Pool(settings);
    // An idle connection that breaks is replaced by the pool; without a listener its error would end the process.
    this.pool.on('error', ignore);
  }

  /** How many connections there are, how many of them are idle, and how many requests wait for one. */
  get counts() {
    const { totalCount, idleCount, waitingCount } = this.pool;
    return { total: totalCount, idle: idleCount, waiting: waitingCount };
  }

  /** Runs one statement, as drizzle does: this is the client that it is given. */
  query(config: QueryConfig, values?: unknown[]): Promise<QueryResult> {
    return this.use((client) => this.sessionOf(client).query(config, values, this.keepsPrepared));
  }

  /** Runs work in a transaction: all of it happens, or nothing when it rejects. */
  transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.use(async (client) => {
      try {
        await client.query(this.sessionOf(client).begin);
        const result = await work(client);
        await client.query('COMMIT');
        return result;
      } catch (error) {
        // Of one that hangs or is gone, ROLLBACK would be waited for in vain.
        if (!endsConnection(error)) await this.rollBack(client);
        throw error;
      }
    });
  }

  /** Throws all connections away when they are next asked for: one led to a standby, and so do the others of its age. */
  renew(): void {
    const now = performance.now();
    if (now - this.renewedAt < RENEWAL_PAUSE_MS) return;
    this.renewedAt = now;
    this.generation += 1;
  }

  /** Lets work that is under way end. */
  close(): Promise<void> {
    return this.pool.end();
  }

  private async use<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.acquire();
    client.on('error', ignore); // the running query rejects as well, and that is what we act on
    try {
      const result = await work(client);
      client.off('error', ignore);
      client.release();
      return result;
    } catch (error) {
      if (isReadOnly(error)) this.renew();
      if (losesPreparedStatements(error)) this.keepsPrepared = false;
      if (endsConnection(error)) destroy(client);
      client.off('error', ignore);
      client.release(endsConnection(error));
      throw error;
    }
  }

  private async rollBack(client: PoolClient): Promise<void> {
    try {
      await client.query('ROLLBACK');
    } catch {
      // Whatever state the transaction is in now, it ends with its connection, which nobody is given any more.
      this.generations.delete(client);
    }
  }

  private async acquire(): Promise<PoolClient> {
    for (;;) {
      const client = await this.nextConnection();
      if (this.generations.get(client) === this.generation) return client;
      client.release(true);
    }
  }

  /** @throws DatabaseUnavailable whatever keeps us from having a connection */
  private async nextConnection(): Promise<PoolClient> {
    const { idleCount, totalCount } = this.pool;
    try {
      const connecting = this.pool.connect();
      if (idleCount > 0 || totalCount < this.options.size) return await connecting;
      return await withinQueueLimit(connecting);
    } catch (error) {
      throw new DatabaseUnavailable(error);
    }
  }

  private async setUp(client: ClientBase): Promise<void> {
    const session = await Session.open(client, this.options.statementTimeoutMs);
    this.sessions.set(client, session);
    this.generations.set(client, this.generation);
    if (session.isPooled) this.options.onPooler?.();
  }

  private sessionOf(client: ClientBase): Session {
    return this.sessions.get(client)!;
  }
}

function ignore(): void {}

/** A client that is waited for too long goes back to the pool when it comes. */
async function withinQueueLimit(connecting: Promise<PoolClient>): Promise<PoolClient> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      connecting.then(
        (client) => client.release(),
        () => undefined,
      );
      reject(new Error('All connections to the database are busy'));
    }, QUEUE_LIMIT_MS);
  });
  try {
    return await Promise.race([connecting, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Cuts a connection at once. The pool would say goodbye to the server and wait for its answer, which may never come. */
function destroy(client: PoolClient): void {
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } };
  connection.stream.destroy();
}
