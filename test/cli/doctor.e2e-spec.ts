import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { examine, toText } from '../../src/cli/doctor/doctor.js';
import type { Finding } from '../../src/cli/doctor/finding.js';
import { parseEnvironment } from '../../src/config/environment.js';
import { connectDatabase } from '../../src/database/connect.js';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';
import { databaseSettings, describeOnPostgres } from '../support/databases.js';

let issuer: TestIssuer;

beforeAll(async () => {
  issuer = await startTestIssuer();
});
afterAll(() => issuer?.close());

/** The findings with these settings beside good ones, by check. */
async function findings(variables: Record<string, string> = {}): Promise<Record<string, Finding[]>> {
  const found = await examine(() =>
    parseEnvironment({
      ISSUER_BASE_URL: issuer.url,
      ALLOWED_AUDIENCES: 'https://expenses-api',
      DATABASE_URL: `pglite:${join(tmpdir(), randomUUID())}`,
      ...variables,
    }),
  );
  return Object.groupBy(found, ({ check }) => check) as Record<string, Finding[]>;
}

const error = (detail: string) =>
  expect.objectContaining({ status: 'error', detail: expect.stringContaining(detail) });
const fine = (detail: string) =>
  expect.objectContaining({ status: 'ok', detail: expect.stringContaining(detail) });
const warns = (detail: string) =>
  expect.objectContaining({
    status: 'warning',
    detail: expect.stringContaining(detail),
    advice: expect.any(String),
  });

/** A server that answers as the given function says, for the time of the work. */
async function withServer(
  answer: (url: string) => { headers?: Record<string, string>; body: unknown },
  work: (base: string) => Promise<void>,
): Promise<void> {
  let base = '';
  const server: Server = createServer((request, response) => {
    const { headers = {}, body } = answer(`${base}${request.url}`);
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  base = `http://localhost:${(server.address() as AddressInfo).port}`;
  try {
    await work(base);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('doctor', () => {
  it('finds nothing wrong with a good set-up', async () => {
    const found = await findings();
    expect(found).toMatchObject({
      environment: [fine('can be used')],
      audience: [fine('https://expenses-api')],
      transport: [fine('on this machine')],
      discovery: [fine(issuer.url)],
      issuer: [fine(`tokens must name ${issuer.url}`)],
      keys: [fine('1 for RS256: 2048 bits')],
      clock: [fine('the issuer')],
      redis: [fine('not configured')],
    });
  });

  it('says that a slash at the end makes no difference', async () => {
    const { issuer: found } = await findings({ ISSUER_BASE_URL: issuer.url.slice(0, -1) });
    expect(found).toEqual([fine('by the slash at the end only')]);
  });

  it('lists every fault of the environment', async () => {
    const { environment } = await findings({ PORT: 'x', LOG_LEVEL: 'loud' });
    expect(environment).toEqual([error('PORT'), error('LOG_LEVEL')]);
  });

  it('finds an issuer that is not there', async () => {
    await issuer.fail('refuse');
    const found = await findings().finally(() => issuer.recover());
    expect(found).toMatchObject({
      discovery: [error('fetch failed (')],
      clock: [warns('cannot be compared')],
    });
  });

  it('finds an issuer that calls itself something else', async () => {
    await issuer.fail('wrong-issuer', 'discovery');
    const found = await findings().finally(() => issuer.recover());
    expect(found.issuer).toEqual([error('calls itself "https://other.example.com/"')]);
  });

  it('finds a key set without usable keys', async () => {
    await issuer.fail('no-keys', 'keys');
    const found = await findings().finally(() => issuer.recover());
    expect(found.keys).toEqual([error('no key that can verify RS256')]);
  });

  it('names keys that are not used, and why', async () => {
    issuer.additionalKeys.push({ kty: 'EC', crv: 'P-256' });
    const found = await findings().finally(() => issuer.additionalKeys.splice(0));
    expect(found.keys).toEqual([fine('1 for RS256'), warns('ES256')]);
  });

  it('finds a clock that is wrong', async () => {
    const date = new Date(Date.now() + 300_000).toUTCString();
    await withServer(
      () => ({ headers: { date }, body: { keys: [] } }),
      async (base) => {
        const { clock } = await findings({ JWKS_URI: `${base}/keys` });
        expect(clock).toEqual([error('s behind the issuer')]);
      },
    );
  });

  it.each(['aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY', 'expensesWebApplicationClient1'])(
    'takes the audience %s for a client id',
    async (audience) => {
      expect((await findings({ ALLOWED_AUDIENCES: audience })).audience).toEqual([warns('client id')]);
    },
  );

  it('takes a UUID for what may be a client id', async () => {
    const { audience } = await findings({ ALLOWED_AUDIENCES: '0b6f7f0e-3c4e-4c39-9a53-6d1c3b2f7a10' });
    expect(audience).toEqual([warns('may be the client id')]);
  });

  it('finds a database and a Redis that are not there', async () => {
    const { database, redis } = await findings({
      DATABASE_URL: 'postgres://postgres@127.0.0.1:1/none',
      REDIS_URL: 'redis://127.0.0.1:1',
    });
    expect(database).toEqual([expect.objectContaining({ status: 'error' })]);
    expect(redis).toEqual([error('ECONNREFUSED')]);
  });

  it('does not make the embedded database', async () => {
    const missing = join(tmpdir(), randomUUID());
    const { database } = await findings({ DATABASE_URL: `pglite:${missing}` });
    expect(database).toEqual([warns('is not there yet')]);
    expect(existsSync(missing)).toBe(false);
  });

  it('writes what to do below each finding', () => {
    expect(toText([{ check: 'redis', status: 'error', detail: 'away', advice: 'Start it.' }])).toBe(
      'error    redis        away\n                      Start it.\n',
    );
  });
});

describeOnPostgres('doctor', (engine) => {
  it('tells a database without migrations from one with all of them, and applies none', async () => {
    const created = await engine.create();
    const { url } = created;
    try {
      expect((await findings({ DATABASE_URL: url })).database).toEqual([warns('lacks')]);
      expect((await findings({ DATABASE_URL: url })).database).toEqual([warns('lacks')]);
      const database = await connectDatabase(databaseSettings(url));
      await database.migrate();
      await database.close();
      expect((await findings({ DATABASE_URL: url })).database).toEqual([fine('has all of its migrations')]);
    } finally {
      await created.drop();
    }
  });
});
