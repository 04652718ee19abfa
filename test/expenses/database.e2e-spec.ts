import { randomUUID } from 'node:crypto';
import { sql } from '../../src/database/drizzle.js';
import { connectDatabase } from '../../src/database/connect.js';
import type { Database } from '../../src/database/database.js';
import { DatabaseFault, DatabaseUnavailable } from '../../src/database/database.errors.js';
import { readMigrations } from '../../src/database/migrator.js';
import { DatabaseLocked } from '../../src/database/folder-lock.js';
import { DatabaseNotUsable, migrationSettings, prepareDatabase } from '../../src/database/prepare.js';
import {
  DrizzleExpensesRepository,
  selectPage,
} from '../../src/expenses/storage/drizzle-expenses.repository.js';
import type { List } from '../../src/expenses/cursor.js';
import { EVERYBODY, owner } from '../../src/expenses/owner.js';
import { createTestDatabase } from '../../src/testing/test-database.js';
import {
  databaseSettings,
  describeOnBothEngines,
  describeOnPostgres,
  type TestDatabase,
} from '../support/databases.js';
import { Ledger } from '../support/ledger.js';
import { Relay } from '../support/relay.js';

async function rowsOf(database: Database, query: ReturnType<typeof sql>): Promise<Record<string, unknown>[]> {
  const result: unknown = await database.query((queries) => queries.execute(query));
  return (result as { rows: Record<string, unknown>[] }).rows;
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Scan Direction'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** The nodes of a plan, from top to bottom. */
const nodesOf = (plan: unknown): string[] => {
  const [{ Plan: top }] = plan as [{ Plan: PlanNode }];
  const nodes: string[] = [];
  for (let node: PlanNode | undefined = top; node; node = node.Plans?.[0]) {
    const direction = node['Scan Direction'] === 'Backward' ? ' Backward' : '';
    const index = node['Index Name'] ? ` ${node['Index Name']}` : '';
    nodes.push(`${node['Node Type']}${direction}${index}`);
  }
  return nodes;
};

describeOnBothEngines('The database', (engine) => {
  let place: TestDatabase;
  let database: Database | undefined;

  beforeAll(async () => {
    place = await engine.create();
    database = await prepareDatabase(databaseSettings(place.url));
  });

  afterAll(async () => {
    await database?.close();
    await place?.drop();
  });

  it('keeps nothing of a transaction that fails', async () => {
    const failure = new Error('on purpose');
    const insert = sql`INSERT INTO idempotency_keys (owner, key, fingerprint) VALUES ('a', 'b', 'c')`;
    await expect(
      database!.transaction(async (transaction) => {
        await transaction.execute(insert);
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(await rowsOf(database!, sql`SELECT * FROM idempotency_keys`)).toEqual([]);
  });

  it('works on after many failed transactions', async () => {
    const failing = () => database!.transaction((transaction) => transaction.execute(sql`SELECT 1 / 0`));
    const results = await Promise.allSettled(Array.from({ length: 30 }, failing));
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    expect(await rowsOf(database!, sql`SELECT 1 AS one`)).toEqual([{ one: 1 }]);
  });

  it('speaks of no personal data in its errors', async () => {
    const insert = database!.transaction((transaction) =>
      transaction.execute(
        sql`INSERT INTO expenses (id, owner, date, description, value, currency)
            VALUES ('0190a0a0-0000-7000-8000-000000000000', ${'secret-owner'}, '2026-01-01', ${'secret-text'}, 0, 'USD')`,
      ),
    );
    const error = await insert.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DatabaseFault);
    expect(error).toMatchObject({ code: '23514', constraint: 'expenses_value_is_not_zero' });
    expect(
      `${(error as Error).stack} ${JSON.stringify(error)} ${String((error as Error).cause)}`,
    ).not.toContain('secret');
  });
});

describe('The folder of an embedded database', () => {
  it('is opened only once, and again when it was closed', async () => {
    const place = await createTestDatabase();
    const first = await connectDatabase(databaseSettings(place.url));
    try {
      const second = connectDatabase(databaseSettings(place.url));
      await expect(second).rejects.toBeInstanceOf(DatabaseLocked);
      await expect(second).rejects.toThrow(/in use by another process.*DATABASE_URL/s);
    } finally {
      await first.close();
    }
    const third = await connectDatabase(databaseSettings(place.url));
    await third.status();
    await third.close();
    await place.drop();
  });
});

describeOnPostgres('The server', (engine) => {
  let place: TestDatabase;
  let database: Database | undefined;

  beforeAll(async () => {
    place = await engine.create();
    const all = await Promise.all(
      Array.from({ length: 4 }, () =>
        prepareDatabase(
          databaseSettings(place.url, { DATABASE_STATEMENT_TIMEOUT: 1, DATABASE_POOL_SIZE: 2 }),
        ),
      ),
    );
    database = all.pop();
    await Promise.all(all.map((other) => other.close()));
  });

  afterAll(async () => {
    await database?.close();
    await place?.drop();
  });

  it('was migrated once by processes that started together', async () => {
    expect(await rowsOf(database!, sql`SELECT name FROM expenses_migrations ORDER BY name`)).toEqual(
      readMigrations().map(({ name }) => ({ name })),
    );
  });

  it('is not said to be waited for when its migrations take a moment', async () => {
    const empty = await engine.create();
    const seconds: number[] = [];
    const made = await prepareDatabase(databaseSettings(empty.url), {
      onWait: (wait) => seconds.push(wait.seconds),
    });
    await made.close();
    await empty.drop();
    // On a busy machine they may take longer.
    expect(seconds.filter((waited) => waited < 1)).toEqual([]);
  });

  it('is given up on when a statement takes too long', async () => {
    const started = performance.now();
    await expect(
      database!.query((queries) => queries.execute(sql`SELECT pg_sleep(30)`)),
    ).rejects.toBeInstanceOf(DatabaseUnavailable);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('may cut a connection in the middle of a transaction', async () => {
    const cut = database!.transaction(async (transaction) => {
      await transaction.execute(
        sql`INSERT INTO idempotency_keys (owner, key, fingerprint) VALUES ('a', 'b', 'c')`,
      );
      const result: unknown = await transaction.execute(sql`SELECT pg_backend_pid() AS pid`);
      const { pid } = (result as { rows: { pid: number }[] }).rows[0]!;
      await rowsOf(database!, sql`SELECT pg_terminate_backend(${pid})`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    });
    await expect(cut).rejects.toBeInstanceOf(DatabaseUnavailable);
    expect(await rowsOf(database!, sql`SELECT * FROM idempotency_keys`)).toEqual([]);
  });

  it('may cut all idle connections', async () => {
    await Promise.all([1, 2].map(() => rowsOf(database!, sql`SELECT 1`)));
    const other = await connectDatabase(databaseSettings(place.url));
    await rowsOf(
      other,
      sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    await other.close();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await rowsOf(database!, sql`SELECT 1 AS one`)).toEqual([{ one: 1 }]);
  });

  it('is named with the reason when it cannot be used', async () => {
    const url = new URL(place.url);
    url.pathname = '/there_is_no_such_database';
    const attempt = prepareDatabase(databaseSettings(url.href));
    await expect(attempt).rejects.toBeInstanceOf(DatabaseNotUsable);
    await expect(attempt).rejects.toThrow(/there_is_no_such_database.*does not exist/);
  });

  it('is told as that of DATABASE_MIGRATION_URL when it is that one which cannot be used', async () => {
    const empty = await engine.create();
    // Each time another one: PgBouncer is silent for 15 s about one that it failed to reach.
    const settings = () => {
      const url = new URL(place.url);
      url.pathname = `/there_is_no_${randomUUID()}`;
      return { ...databaseSettings(empty.url), DATABASE_MIGRATION_URL: url.href };
    };
    try {
      for (const asked of [settings(), migrationSettings(settings())]) {
        await expect(prepareDatabase(asked)).rejects.toThrow(
          /^The database of DATABASE_MIGRATION_URL cannot be used: .*there_is_no_/,
        );
      }
    } finally {
      await empty.drop();
    }
  });

  describe('plans', () => {
    const carol = owner.parse('owner-7');
    const id = '0190a0a0-0000-7000-8000-000000000000';
    const newestFirst: List = { owners: carol, filters: {}, sort: '-date' };

    beforeAll(async () => {
      const filling = await connectDatabase(databaseSettings(place.url));
      await filling.query((queries) =>
        queries.execute(sql`
          INSERT INTO expenses (id, owner, date, description, value, currency, category)
          SELECT gen_random_uuid(), 'owner-' || n % 20, date '2026-01-01' + n % 90, 'Row ' || n, 1 + n, 'USD', 'c' || n % 9
          FROM generate_series(1, 40000) AS n`),
      );
      await filling.query((queries) => queries.execute(sql`VACUUM ANALYZE expenses`));
      await filling.close();
    });

    it.each<[string, Partial<List>, string]>([
      ['', {}, 'Scan expenses_of_owner_newest_first'],
      [
        'by date',
        { filters: { from: '2026-01-10', to: '2026-03-01' } },
        'Scan expenses_of_owner_newest_first',
      ],
      ['by text', { filters: { text: 'row' } }, 'Scan expenses_of_owner_newest_first'],
      ['oldest first', { sort: 'date' }, 'Scan Backward expenses_of_owner_newest_first'],
      ['smallest first', { sort: 'value' }, 'Scan expenses_of_owner_by_value'],
      ['largest first', { sort: '-value' }, 'Scan Backward expenses_of_owner_by_value'],
      ['of all', { owners: EVERYBODY }, 'Scan expenses_newest_first'],
      [
        'of all by date',
        { owners: EVERYBODY, filters: { from: '2026-01-10' } },
        'Scan expenses_newest_first',
      ],
      ['of all smallest first', { owners: EVERYBODY, sort: 'value' }, 'Scan expenses_by_value'],
      ['of all largest first', { owners: EVERYBODY, sort: '-value' }, 'Scan Backward expenses_by_value'],
    ])('the list %s as a walk along an index, without sorting', async (_, changes, scan) => {
      const list = { ...newestFirst, ...changes };
      const at = list.sort.endsWith('date') ? '2026-02-10' : '20000';
      for (const page of [{ limit: 51 }, { limit: 51, after: { at, id } }]) {
        const query = sql`EXPLAIN (FORMAT JSON) ${selectPage(database!.queries, list, page)}`;
        const [row] = await rowsOf(database!, query);
        // All rows here are of one owner, so the planner may as well take the index of all owners' values.
        const nodes = nodesOf(row!['QUERY PLAN']).map((node) =>
          scan.endsWith('_of_owner_by_value')
            ? node.replace(' expenses_by_value', ' expenses_of_owner_by_value')
            : node,
        );
        expect(nodes).toEqual(['Limit', `Index ${scan}`]);
      }
    });

    it('the busiest statements once per connection, and through a pooler never', async () => {
      const single = await connectDatabase(databaseSettings(place.url, { DATABASE_POOL_SIZE: 1 }));
      try {
        const repository = new DrizzleExpensesRepository(single);
        for (const page of [{ limit: 51 }, { limit: 51, after: { at: '2026-02-10', id } }])
          await repository.list(newestFirst, page);
        const kept = await rowsOf(single, sql`SELECT name FROM pg_prepared_statements ORDER BY name`);
        // Set by .ci/through-pgbouncer.
        const isPooled = process.env.TEST_POSTGRES_POOLED === 'true';
        const names = isPooled ? [] : ['expenses_first_page', 'expenses_next_page'];
        expect(kept).toEqual(names.map((name) => ({ name })));
        if (isPooled) return;
        const [row] = await rowsOf(
          single,
          sql`EXPLAIN (FORMAT JSON) EXECUTE expenses_first_page('owner-7', 51)`,
        );
        expect(nodesOf(row!['QUERY PLAN'])).toEqual(['Limit', 'Index Scan expenses_of_owner_newest_first']);
      } finally {
        await single.close();
      }
    });
  });
});

describeOnPostgres('While the server is away', (engine) => {
  let relay: Relay;
  let ledger: Ledger | undefined;

  beforeAll(async () => {
    ledger = await Ledger.start({
      name: engine.name,
      async create() {
        const place = await engine.create();
        const url = new URL(place.url);
        relay = new Relay({ host: url.hostname, port: Number(url.port) });
        url.port = String(await relay.open());
        url.hostname = '127.0.0.1';
        return { url: url.href, drop: () => place.drop() };
      },
    });
  });

  afterAll(async () => {
    await ledger?.close();
    await relay?.close();
  });

  it('every request that needs it is answered 503 with Retry-After, and 200 when it is back', async () => {
    const caller = ledger!.as('auth0|alice');
    const payload = { date: '2026-01-01', description: 'x', value: 1 };
    expect((await caller('POST', '/expenses', { payload })).statusCode).toBe(201);
    await relay.close();
    for (let attempt = 0; attempt < 12; attempt++) {
      const answers = await Promise.all([
        caller('GET', '/'),
        caller('GET', '/', { headers: { accept: 'text/csv' } }),
        caller('GET', '/reports/monthly'),
        caller('POST', '/expenses', { payload }),
        caller('PATCH', '/expenses/0190a0a0-0000-7000-8000-000000000000', { payload: { value: 2 } }),
        caller('POST', '/expenses/import', {
          payload: 'date,description,value\n',
          headers: { 'content-type': 'text/csv' },
        }),
      ]);
      expect(answers.map(({ statusCode }) => statusCode)).toEqual([503, 503, 503, 503, 503, 503]);
      expect(answers[0].json()).toMatchObject({ code: 'database_unavailable' });
      expect(answers[0].headers['retry-after']).toBe('5');
    }
    await relay.open();
    const back = await caller('GET', '/');
    expect(back.statusCode).toBe(200);
    expect(back.json()).toHaveLength(1);
  });
});
