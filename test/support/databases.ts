import { jest } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { connectDatabase, type DatabaseSettings } from '../../src/database/connect.js';
import { MIGRATIONS_FOLDER } from '../../src/database/migrations.js';

/** A database of a test's own. */
export interface TestDatabase {
  /** For DATABASE_URL. */
  readonly url: string;
  /** Removes it; what uses it must be closed before. */
  drop(): Promise<void>;
}

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

const pglite: Engine = {
  name: 'PGlite',
  async create() {
    const folder = await mkdtemp(join(tmpdir(), 'expenses-test-'));
    await cp(await template(), folder, { recursive: true });
    return { url: `pglite:${folder}`, drop: () => rm(folder, { recursive: true, force: true }) };
  },
};

/** A migrated folder to copy, for making one takes PGlite seconds. Made anew when PGlite or the migrations change. */
async function template(): Promise<string> {
  const root = join(import.meta.dirname, '..', '..');
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const hash = createHash('sha256').update(dependencies['@electric-sql/pglite']!);
  for (const file of (await readdir(MIGRATIONS_FOLDER)).filter((name) => name.endsWith('.sql')).toSorted()) {
    hash.update(await readFile(join(MIGRATIONS_FOLDER, file)));
  }
  const cache = join(root, 'node_modules', '.cache', 'expenses-api');
  const folder = join(cache, `pglite-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.${randomUUID()}`;
  await mkdir(fresh, { recursive: true });
  const database = await connectDatabase(databaseSettings(`pglite:${fresh}`));
  await database.migrate();
  await database.close();
  // Several test processes may do this at once: the first one wins, and the others' work is thrown away.
  await rename(fresh, folder).catch(() => rm(fresh, { recursive: true, force: true }));
  return folder;
}

/** The settings of a database under test. */
export function databaseSettings(url: string, settings: Partial<DatabaseSettings> = {}): DatabaseSettings {
  return { DATABASE_URL: url, DATABASE_POOL_SIZE: 5, DATABASE_STATEMENT_TIMEOUT: 10, ...settings };
}

// Making a database takes seconds on a busy machine, longer than hooks may by default.
jest.setTimeout(60_000);

/** Whether there is a PostgreSQL to test on. Without one its tests are skipped, but for CI, where that is a failure. */
export const postgresIsThere = await onServer('SELECT 1').then(
  () => true,
  (error: unknown) => {
    if (process.env.CI === 'true') throw error;
    return false;
  },
);

/** Describes what needs PostgreSQL. */
export const describeOnPostgres = (name: string, tests: (engine: Engine) => void): void =>
  (postgresIsThere ? describe : describe.skip)(
    `${name}, on PostgreSQL${postgresIsThere ? '' : ' (skipped: there is none at TEST_POSTGRES_URL)'}`,
    () => tests(postgres),
  );

/** Describes what is the same on both engines. */
export function describeOnBothEngines(name: string, tests: (engine: Engine) => void): void {
  describe(`${name}, on PGlite`, () => {
    tests(pglite);
  });
  describeOnPostgres(name, tests);
}
