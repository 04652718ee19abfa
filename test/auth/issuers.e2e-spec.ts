import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectDatabase } from '../../src/database/connect.js';
import { sql } from '../../src/database/drizzle.js';
import { readMigrations } from '../../src/database/migrator.js';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { databaseSettings, describeOnBothEngines, type TestDatabase } from '../support/databases.js';
import { createTestApp } from '../support/test-app.js';

let a: TestIssuer;
let b: TestIssuer;
let folder: string;

beforeAll(async () => {
  [a, b] = await Promise.all([startTestIssuer(), startTestIssuer({ algorithm: 'ES256' })]);
  folder = await mkdtemp(join(tmpdir(), 'issuers-'));
});

afterAll(async () => {
  await Promise.all([a?.close(), b?.close()]);
  await rm(folder, { recursive: true, force: true });
});

const usual = (issuer: TestIssuer) => ({ issuerBaseUrl: issuer.url, audiences: [issuer.audience] });
const ofB = () => ({ ...usual(b), algorithms: ['ES256'] });

async function fileWith(...issuers: object[]): Promise<{ ISSUERS_FILE: string }> {
  const path = join(folder, 'issuers.json');
  await writeFile(path, JSON.stringify({ issuers }));
  return { ISSUERS_FILE: path };
}

const scopes = ['read:reports', 'create:expenses', 'read:all_reports'];
const tokenOf = (issuer: TestIssuer, claims: object = {}) =>
  issuer.tokenFor({ sub: 'alice', scopes, ...claims });
const ofHistory = (issuer: TestIssuer) =>
  tokenOf(issuer, { scopes: [...scopes, 'read:history', 'delete:expenses'] });
const write = (api: TestApp, token: string, description: string) =>
  api.inject(
    {
      method: 'POST',
      url: '/expenses',
      payload: { date: '2026-03-01', description, value: 1, currency: 'EUR' },
    },
    token,
  );
const descriptions = async (api: TestApp, token: string, url = '/') => {
  const answer = await api.get(url, token);
  expect(answer.statusCode).toBe(200);
  return answer.json<{ description: string; owner?: string }[]>().map(({ description }) => description);
};

describe('several issuers', () => {
  let api: TestApp;

  beforeAll(async () => {
    api = await createTestApp({ issuer: a, variables: await fileWith(usual(a), ofB()) });
  });

  afterAll(() => api?.close());

  it('each vouch for their own subjects, and the same subject of two never meets', async () => {
    expect((await write(api, tokenOf(a), 'of A')).statusCode).toBe(201);
    expect((await write(api, tokenOf(b), 'of B')).statusCode).toBe(201);
    expect(await descriptions(api, tokenOf(a))).toStrictEqual(['of A']);
    expect(await descriptions(api, tokenOf(b))).toStrictEqual(['of B']);
    expect(await descriptions(api, tokenOf(a), '/?owner=alice')).toStrictEqual(['of A']);
    expect((await descriptions(api, tokenOf(a), '/?owner=*')).toSorted()).toStrictEqual(['of A', 'of B']);
  });

  it('have each the history of their own expenses, and none of the same subject elsewhere', async () => {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const { id } = (await write(api, ofHistory(one), 'told')).json<{ id: string }>();
      const url = `/expenses/${id}/history`;
      expect((await api.get(url, ofHistory(one))).json()).toMatchObject([{ after: { description: 'told' } }]);
      expect((await api.get(url, ofHistory(other))).statusCode).toBe(404);
      await api.inject({ method: 'DELETE', url: `/expenses/${id}` }, ofHistory(one));
      expect((await api.get(url, ofHistory(one))).json()).toHaveLength(2);
      expect((await api.get(url, ofHistory(other))).statusCode).toBe(404);
    }
  });

  it('are named to those who look after everybody, so that one can be asked for', async () => {
    const rows = (await api.get('/?owner=*', tokenOf(a))).json<{ description: string; owner: string }[]>();
    const { owner } = rows.find(({ description }) => description === 'of B')!;
    expect(owner).toBe(`${b.url.slice(0, -1)}\u001falice`);
    expect(await descriptions(api, tokenOf(a), `/?owner=${encodeURIComponent(owner)}`)).toStrictEqual([
      'of B',
    ]);
  });

  it('cannot make up the owner of another by a subject', async () => {
    const forged = tokenOf(a, { sub: `${b.url.slice(0, -1)}\u001falice` });
    expect((await api.get('/', forged)).statusCode).toBe(403);
  });

  it("never verify each other's name", async () => {
    const { kid, privateKey } = b.signingKey;
    for (const token of [
      a.sign({ kid }, a.claims({ scopes }), privateKey),
      b.sign({}, b.claims({ scopes, iss: a.url })),
      a.sign({}, a.claims({ scopes, iss: b.url })),
      b.sign({ alg: 'ES256', kid: a.signingKey.kid }, a.claims({ scopes }), privateKey),
    ]) {
      expect((await api.get('/', token)).statusCode).toBe(401);
    }
  });

  it('are found before anything else of a token is believed: a thousand others cause no fetch', async () => {
    const before = { a: { ...a.requests }, b: { ...b.requests } };
    for (let index = 0; index < 1000; index++) {
      const token = b.sign({ kid: `k${index}` }, b.claims({ scopes, iss: `https://i${index}.example.com/` }));
      expect((await api.get('/', token)).statusCode).toBe(401);
    }
    expect({ a: a.requests, b: b.requests }).toStrictEqual(before);
  });

  it('are all listed as authorization servers', async () => {
    const { authorization_servers: servers } = (await api.get('/.well-known/oauth-protected-resource')).json<{
      authorization_servers: string[];
    }>();
    expect(servers).toStrictEqual([a.url, b.url]);
  });
});

it('an issuer that is away is answered 503 for its own tokens only, and readiness tells which', async () => {
  const away = await startTestIssuer({ algorithm: 'ES256' });
  await away.fail('server-error');
  const api = await createTestApp({
    issuer: a,
    variables: await fileWith(usual(a), { ...usual(away), algorithms: ['ES256'] }),
  });
  try {
    expect((await api.get('/', tokenOf(a))).statusCode).toBe(200);
    expect((await api.get('/', tokenOf(away))).statusCode).toBe(503);
    const ready = await api.get('/health/ready');
    expect(ready.statusCode).toBe(200);
    expect(ready.json()).toMatchObject({
      status: 'degraded',
      details: { signingKeys: { status: 'degraded', issuers: { [a.url]: { status: 'up' } } } },
    });
    expect(Object.values(ready.json().details.signingKeys.issuers)).toContainEqual({ status: 'down' });
    await away.recover();
  } finally {
    await api.close();
    await away.close();
  }
});

it('whoever lacks a scope is told to ask for it as its own issuer writes it', async () => {
  const api = await createTestApp({
    issuer: a,
    variables: await fileWith(usual(a), { ...ofB(), scopePrefix: 'api/' }),
  });
  const told = async (token?: string) => (await api.get('/', token)).headers['www-authenticate'];
  try {
    expect(await told(tokenOf(a, { scopes: [] }))).toContain('scope="read:reports"');
    expect(await told(tokenOf(b, { scopes: [] }))).toContain('scope="api/read:reports"');
    expect(await told()).toContain('scope="read:reports"');
  } finally {
    await api.close();
  }
});

describe('several names of one issuer', () => {
  it('have the same owners', async () => {
    const names = `${a.url},https://login.example.com/`;
    const api = await createTestApp({ issuer: a, variables: { ISSUER: names } });
    try {
      await write(api, tokenOf(a), 'by one name');
      const other = tokenOf(a, { iss: 'https://login.example.com/' });
      expect(await descriptions(api, other)).toStrictEqual(['by one name']);
      expect((await api.get('/', tokenOf(a, { iss: 'https://login.example.com' }))).statusCode).toBe(401);
    } finally {
      await api.close();
    }
  });
});

describeOnBothEngines('the expenses of an installation with one issuer', (engine) => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await engine.create();
  });

  afterEach(() => database?.drop());

  const withApp = async (variables: Record<string, string>, work: (api: TestApp) => Promise<void>) => {
    const api = await createTestApp({ issuer: a, variables: { DATABASE_URL: database.url, ...variables } });
    try {
      await work(api);
    } finally {
      await api.close();
    }
  };

  it('stay where they are when others join it, in whatever order they are listed', async () => {
    await withApp({}, async (api) => {
      await write(api, tokenOf(a), 'of old');
    });
    await withApp(await fileWith(ofB(), usual(a)), async (api) => {
      expect(await descriptions(api, tokenOf(a))).toStrictEqual(['of old']);
      expect(await descriptions(api, tokenOf(b))).toStrictEqual([]);
      await write(api, tokenOf(b), 'of B');
    });
    await withApp(await fileWith(usual(a), ofB()), async (api) => {
      expect(await descriptions(api, tokenOf(a))).toStrictEqual(['of old']);
      expect(await descriptions(api, tokenOf(b))).toStrictEqual(['of B']);
    });
  });

  it('stay where they are when the database is of before there could be several', async () => {
    const connection = await connectDatabase(databaseSettings(database.url));
    await connection.migrate();
    await connection.transaction(async (queries) => {
      await queries.execute(sql`DROP TABLE issuers`);
      const migration = readMigrations().find(({ statements }) => statements.join('').includes('"issuers"'))!;
      await queries.execute(sql`DELETE FROM expenses_migrations WHERE name = ${migration.name}`);
      await queries.execute(sql`
        INSERT INTO expenses (id, owner, date, description, value, currency)
        VALUES ('0190a0a0-0000-7000-8000-000000000000', 'alice', '2026-01-01', 'of old', 1, 'EUR')`);
    });
    await connection.close();
    await withApp(await fileWith(usual(a), ofB()), async (api) => {
      expect(await descriptions(api, tokenOf(a))).toStrictEqual(['of old']);
      expect(await descriptions(api, tokenOf(b))).toStrictEqual([]);
    });
  });

  it('are nobody elses when another issuer takes its place', async () => {
    await withApp({}, async (api) => {
      await write(api, tokenOf(a), 'of A');
    });
    const alone = { ISSUER_BASE_URL: b.url, TOKEN_ALGORITHMS: 'ES256' };
    await withApp(alone, async (api) => {
      expect(await descriptions(api, tokenOf(b))).toStrictEqual([]);
    });
  });

  it('follow it to another name that was once listed beside the old one', async () => {
    await withApp({}, async (api) => {
      await write(api, tokenOf(a), 'of A');
    });
    const moved = 'https://login.example.com/';
    await withApp({ ISSUER: `${a.url},${moved}` }, async (api) => {
      expect(await descriptions(api, tokenOf(a, { iss: moved }))).toStrictEqual(['of A']);
    });
    await withApp({ ISSUER: moved }, async (api) => {
      expect(await descriptions(api, tokenOf(a, { iss: moved }))).toStrictEqual(['of A']);
    });
    await expect(
      withApp(await fileWith({ ...usual(a), issuer: moved }, usual(a)), async () => undefined),
    ).rejects.toThrow('was a name of another issuer');
  });
});
