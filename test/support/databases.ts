import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { DatabaseSettings } from '../../src/database/connect.js';
import { createTestDatabase, type TestDatabase } from '../../src/testing/test-database.js';

export type { TestDatabase };

/** A kind of database that the service runs on. */
export interface Engine {
  readonly name: 'PGlite' | 'PostgreSQL';
  create(): Promise<TestDatabase>;
}

const SERVER = process.env.TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';

async function onServer(sql: string): Promise<void> {
  const client = new Client({ connectionString: SERVER, connectionTimeoutMillis: 20_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

const pglite: Engine = { name: 'PGlite', create: createTestDatabase };

const postgres: Engine = {
  name: 'PostgreSQL',
  async create() {
    const name = `expenses_test_${randomUUID().replaceAll('-', '')}`;
    await onServer(`CREATE DATABASE ${name}`);
    const url = new URL(SERVER);
    url.pathname = `/${name}`;
    return { url: url.href, drop: () => onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
  },
};

/** The settings of a database under test. */
export function databaseSettings(url: string, settings: Partial<DatabaseSettings> = {}): DatabaseSettings {
  return { DATABASE_URL: url, DATABASE_POOL_SIZE: 5, DATABASE_STATEMENT_TIMEOUT: 10, ...settings };
}

/** Whether there is a PostgreSQL to test on. Without one its tests are skipped, but for CI, where that is a failure. */
const postgresIsThere = await onServer('SELECT 1').then(
  () => true,
  (error: unknown) => {
    if (process.env.CI === 'true') throw error;
    process.stderr.write(
      'There is no PostgreSQL at TEST_POSTGRES_URL, so the tests that need one are skipped.\n',
    );
    return false;
  },
);

/** Describes what needs PostgreSQL. */
export function describeOnPostgres(name: string, tests: (engine: Engine) => void): void {
  const describeIfThere = postgresIsThere ? describe : describe.skip;
  describeIfThere(`${name}, on PostgreSQL`, () => {
    tests(postgres);
  });
}

/** Describes what is the same on both engines. */
export function describeOnBothEngines(name: string, tests: (engine: Engine) => void): void {
  describe(`${name}, on PGlite`, () => {
    tests(pglite);
  });
  describeOnPostgres(name, tests);
}
