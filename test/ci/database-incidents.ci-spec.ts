import { Client } from 'pg';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';
import { Relay } from '../support/relay.js';
import { timeUntil } from '../support/time-until.js';
import { ApiProcess } from './support/api-process.js';
import { OwnPgbouncer, OwnPostgres } from './support/servers.js';

let issuer: TestIssuer;
let server: OwnPostgres;
let token = '';
const apis: ApiProcess[] = [];

beforeAll(async () => {
  issuer = await startTestIssuer();
  server = await OwnPostgres.create();
  token = issuer.tokenFor({ scopes: ['read:reports', 'create:expenses'] });
});
afterEach(async () => {
  await Promise.all(apis.splice(0).map((api) => api.kill()));
});
afterAll(async () => {
  await server?.remove();
  await issuer?.close();
});

async function runSql(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) ({ rows } = await client.query<Record<string, unknown>>(statement));
    return rows;
  } finally {
    await client.end();
  }
}

/** An empty database of the server. */
async function createDatabase(options = ''): Promise<string> {
  const name = `incident_${randomUUID().replaceAll('-', '')}`;
  await runSql(server.url, `CREATE DATABASE ${name} ${options}`);
  return server.url.replace(/postgres$/, name);
}

async function start(variables: Record<string, string>): Promise<ApiProcess> {
  const api = await ApiProcess.start(issuer, variables);
  apis.push(api);
  return api;
}

async function spawn(variables: Record<string, string>): Promise<ApiProcess> {
  const api = await ApiProcess.spawn(issuer, variables);
  apis.push(api);
  return api;
}

const asRole = (url: string, role: string, password?: string) =>
  url.replace('postgres@', `${role}${password === undefined ? '' : `:${password}`}@`);

async function write({ url }: ApiProcess): Promise<number> {
  const answer = await fetch(`${url}/expenses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ date: '2026-03-01', description: 'x', value: 1, currency: 'EUR' }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

async function read({ url }: ApiProcess): Promise<number> {
  const answer = await fetch(`${url}/`, { headers: { authorization: `Bearer ${token}` } });
  await answer.arrayBuffer();
  return answer.status;
}

interface Health {
  readonly status: string;
  readonly details: { readonly database: { readonly status: string; readonly readOnly?: boolean } };
}
const healthOf = async ({ url }: ApiProcess) => (await (await fetch(`${url}/health/ready`)).json()) as Health;

(OwnPgbouncer.isThere ? describe : describe.skip)('through PgBouncer in transaction mode', () => {
  let pooler: OwnPgbouncer;
  beforeAll(async () => {
    pooler = await OwnPgbouncer.create(server.port);
  });
  afterAll(() => pooler?.remove());

  const through = (url: string) => url.replace(`:${server.port}/`, `:${pooler.port}/`);

  it('an empty database is migrated, and 120 requests side by side are answered', async () => {
    const url = await createDatabase();
    const [one, other] = await Promise.all([1, 2].map(() => start({ DATABASE_URL: through(url) })));
    const statuses = await Promise.all(
      Array.from({ length: 120 }, (_, index) => {
        const api = index % 2 === 0 ? one! : other!;
        return index % 4 === 0 ? write(api) : read(api);
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([200, 201]));
    expect((await healthOf(one!)).status).toBe('ok');
    expect(one!.output.match(/through a pooler/g)).toHaveLength(1);
  });

  it('a statement that takes too long ends on the server, too', async () => {
    const url = await createDatabase();
    const api = await start({ DATABASE_URL: through(url), DATABASE_STATEMENT_TIMEOUT: '1' });
    const blocker = new Client({ connectionString: url });
    await blocker.connect();
    await blocker.query('BEGIN; LOCK TABLE expenses IN ACCESS EXCLUSIVE MODE');
    const startedAt = performance.now();
    expect(await read(api)).toBe(503);
    expect(performance.now() - startedAt).toBeLessThan(4000);
    const waiting = () => runSql(url, `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`);
    expect(await timeUntil(async () => (await waiting()).length === 0)).toBeLessThan(3000);
    await blocker.query('COMMIT');
    await blocker.end();
    expect(await timeUntil(async () => (await read(api)) === 200)).toBeLessThan(2000);
  });
});

describe('failover', () => {
  it('the name leads to a standby for a moment, then to the writer: writes are back within a second', async () => {
    const standby = await server.standby();
    const way = new Relay(server.address);
    try {
      const api = await start({
        DATABASE_URL: `postgres://postgres@127.0.0.1:${await way.open()}/postgres`,
        DATABASE_POOL_SIZE: '8',
      });
      way.target = standby.address;
      await runSql(
        server.url,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'expenses-api%'`,
      );
      expect(await timeUntil(async () => (await write(api)) === 503)).toBeLessThan(10_000);
      await Promise.all(Array.from({ length: 8 }, () => read(api)));
      expect(await read(api)).toBe(200);
      await timeUntil(async () => (await healthOf(api)).status === 'degraded');
      expect((await healthOf(api)).details.database).toMatchObject({ status: 'degraded', readOnly: true });
      way.target = server.address;
      const recovery = await timeUntil(async () => (await write(api)) === 201);
      process.stdout.write(`failover: writes again after ${recovery} ms\n`);
      expect(recovery).toBeLessThan(1500);
      await timeUntil(async () => (await healthOf(api)).status === 'ok');
    } finally {
      await way.close();
      await standby.remove();
    }
  });

  it('a start against a standby says what it waits for, in JSON, and goes on waiting', async () => {
    await start({ DATABASE_URL: server.url });
    const standby = await server.standby();
    try {
      const api = await spawn({ DATABASE_URL: standby.url });
      await timeUntil(() => api.output.split('\n').length > 3);
      const lines = api.output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines[0]).toMatchObject({
        level: 'warn',
        waitingFor: expect.stringContaining('read-only'),
        seconds: expect.any(Number),
      });
      expect(api.hasEnded).toBe(false);
    } finally {
      await standby.remove();
    }
  });
});

describe('roles', () => {
  it('one with rights on rows only runs what another has migrated, and without them says which to give', async () => {
    const url = await createDatabase();
    await runSql(url, `DROP ROLE IF EXISTS runner`, `CREATE ROLE runner LOGIN`);
    const variables = { DATABASE_URL: asRole(url, 'runner'), MIGRATE: 'never' };
    const early = await spawn(variables);
    expect(await early.ended()).toBe(1);
    expect(early.output).toContain('lacks the migration');
    expect(early.output).toContain('0000_expenses');

    await runSql(url, 'ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO runner');
    const api = await start({ ...variables, MIGRATE: 'start', DATABASE_MIGRATION_URL: url });
    expect(await write(api)).toBe(201);
    await api.stop();
    expect(await write(await start(variables))).toBe(201);

    // The audit table needs no more.
    await runSql(url, 'REVOKE UPDATE, DELETE ON audit_log FROM runner');
    expect(await write(await start(variables))).toBe(201);

    await runSql(url, 'REVOKE INSERT ON issuers, expenses FROM runner');
    const refused = await spawn(variables);
    expect(await refused.ended()).toBe(1);
    expect(refused.output).toContain('INSERT on the table expenses and to INSERT on the table issuers');
    expect(refused.output).toContain('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES');
    await runSql(url, 'DROP OWNED BY runner', 'DROP ROLE runner');
  });

  it('a rotated password is a 503, and is read anew from its file', async () => {
    const url = await createDatabase();
    const folder = mkdtempSync(join(tmpdir(), 'expenses-password-'));
    const file = join(folder, 'password');
    writeFileSync(file, 'first\n');
    chmodSync(file, 0o600);
    await runSql(url, `CREATE ROLE rotated LOGIN SUPERUSER PASSWORD 'first'`);
    await server.demandPasswords('rotated');
    const api = await start({ DATABASE_URL: asRole(url, 'rotated'), DATABASE_PASSWORD_FILE: file });
    expect(await write(api)).toBe(201);
    await runSql(
      url,
      `ALTER ROLE rotated PASSWORD 'second'`,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'rotated'`,
    );
    expect(await timeUntil(async () => (await write(api)) === 503)).toBeLessThan(5000);
    await timeUntil(async () => (await healthOf(api)).details.database.status === 'down');
    writeFileSync(file, 'second');
    expect(await timeUntil(async () => (await write(api)) === 201)).toBeLessThan(2000);
    rmSync(folder, { recursive: true });
  });

  it('DateStyle of a role changes nothing', async () => {
    const url = await createDatabase();
    await runSql(url, `CREATE ROLE german LOGIN SUPERUSER`, `ALTER ROLE german SET datestyle = 'German'`);
    const api = await start({ DATABASE_URL: asRole(url, 'german') });
    expect(await write(api)).toBe(201);
    const rows = await fetch(`${api.url}/`, { headers: { authorization: `Bearer ${token}` } });
    expect(await rows.json()).toMatchObject([{ date: '2026-03-01' }]);
  });
});

describe('a start', () => {
  it.each(['LATIN1', 'SQL_ASCII'])(
    'in a database that is encoded in %s ends with the reason',
    async (encoding) => {
      const url = await createDatabase(
        `ENCODING '${encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'`,
      );
      const api = await spawn({ DATABASE_URL: url });
      expect(await api.ended()).toBe(1);
      expect(api.output).toContain('must be UTF8');
    },
  );

  it('beside the journal of another application applies its own migrations', async () => {
    const url = await createDatabase();
    await runSql(
      url,
      'CREATE SCHEMA drizzle',
      'CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)',
      `INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('of another', 9999999999999)`,
    );
    expect(await write(await start({ DATABASE_URL: url }))).toBe(201);
  });

  it('in a second schema of one database applies its migrations there, too', async () => {
    const url = await createDatabase();
    await runSql(url, 'CREATE SCHEMA a', 'CREATE SCHEMA b');
    for (const schema of ['a', 'b']) {
      expect(await write(await start({ DATABASE_URL: `${url}?options=-csearch_path%3D${schema}` }))).toBe(
        201,
      );
    }
  });

  it('says who holds the lock of the migrations, and starts when it is free', async () => {
    const url = await createDatabase();
    const holder = new Client({ connectionString: url, application_name: 'frozen' });
    await holder.connect();
    await holder.query('SELECT pg_advisory_lock(7203114559)');
    const api = await spawn({ DATABASE_URL: url });
    await api.logged('frozen');
    expect(api.output).toMatch(/"waitingFor":"the migration lock, held by process \d+ of the server/);
    await holder.end();
    await timeUntil(() => api.isReady());
  });
});

it('a server that freezes costs a write the statement time and 5 s, and reads are back when it goes on', async () => {
  const own = await OwnPostgres.create();
  try {
    const api = await start({ DATABASE_URL: own.url, DATABASE_STATEMENT_TIMEOUT: '1' });
    expect(await write(api)).toBe(201);
    own.pauseAll();
    const startedAt = performance.now();
    expect(await write(api)).toBe(503);
    const took = Math.round(performance.now() - startedAt);
    own.resumeAll();
    const recovery = await timeUntil(async () => (await write(api)) === 201);
    process.stdout.write(`frozen server: 503 after ${took} ms, 201 again after ${recovery} ms\n`);
    expect(took).toBeLessThan(8000);
    expect(recovery).toBeLessThan(3000);
  } finally {
    own.resumeAll();
    await own.remove();
  }
});
