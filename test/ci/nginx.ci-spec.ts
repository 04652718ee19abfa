import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';
import { ownRedis } from '../support/redis.js';
import { timeUntil } from '../support/time-until.js';
import { ApiProcess } from './support/api-process.js';
import { Load } from './support/load.js';
import { createDatabase, type TestDatabase } from './support/postgres.js';
import { OwnNginx } from './support/servers.js';

const LIMIT = 20;

/** The example for operators with the ports of this test, without TLS. */
function configure(example: string, port: number, upstreams: number[]): string {
  return example
    .replace('listen 443 ssl;', `listen 127.0.0.1:${port};`)
    .replaceAll(/^ *ssl_certificate.*\n/gm, '')
    .replace('127.0.0.1:3001', `127.0.0.1:${upstreams[0]}`)
    .replace('127.0.0.1:3011', `127.0.0.1:${upstreams[1]}`);
}

/** How many requests a process has logged. */
const answered = (api: ApiProcess) => api.output.split('"msg":"request"').length - 1;

(OwnNginx.isThere ? describe : describe.skip)('two processes behind nginx (skipped without nginx)', () => {
  let issuer: TestIssuer | undefined;
  let database: TestDatabase | undefined;
  let nginx: OwnNginx | undefined;
  let apis: ApiProcess[] = [];

  beforeAll(async () => {
    issuer = await startTestIssuer();
    database = await createDatabase();
    const variables = {
      DATABASE_URL: database.url,
      REDIS_URL: ownRedis(),
      RATE_LIMIT: String(LIMIT),
      TRUST_PROXY: '127.0.0.1',
    };
    apis = await Promise.all([ApiProcess.start(issuer, variables), ApiProcess.start(issuer, variables)]);
    nginx = await OwnNginx.create((example, port) =>
      configure(
        example,
        port,
        apis.map((api) => api.port),
      ),
    );
  });
  afterAll(async () => {
    await nginx?.remove();
    await Promise.all(apis.map((api) => api.kill()));
    await database?.drop();
    await issuer?.close();
  });

  const tokenOf = (sub: string) => issuer!.tokenFor({ sub, scopes: ['read:reports'] });
  const ask = (token: string, headers: Record<string, string> = {}) =>
    fetch(`${nginx!.url}/`, { headers: { authorization: `Bearer ${token}`, ...headers } });

  it('share the limits: of 30 requests of a subject exactly 20 pass, though both answer', async () => {
    const before = apis.map(answered);
    const token = tokenOf('auth0|limited');
    const statuses: number[] = [];
    for (let sent = 0; sent < LIMIT + 10; sent += 1) statuses.push((await ask(token)).status);
    expect(statuses).toEqual([...Array(LIMIT).fill(200), ...Array(10).fill(429)]);
    await timeUntil(() => apis.every((api, index) => answered(api) - before[index]! > 5));
  });

  it('both see a rotation of the keys', async () => {
    await issuer!.rotateKeys({ keepOld: true });
    const token = tokenOf('auth0|rotated');
    const statuses = new Set<number>();
    for (let sent = 0; sent < LIMIT; sent += 1) statuses.add((await ask(token)).status);
    expect([...statuses]).toEqual([200]);
  });

  it('take the request id and the address from nginx, and not from the client', async () => {
    const response = await ask('a.b.c', { 'x-request-id': 'client-0001', 'x-forwarded-for': '198.51.100.1' });
    const id = response.headers.get('x-request-id')!;
    expect(id).toMatch(/^[\da-f]{32}$/);
    const event = () =>
      apis
        .flatMap(({ output }) => output.split('\n').slice(0, -1))
        .find((line) => line.includes('"type":"audit"') && line.includes(id));
    await timeUntil(() => event() !== undefined);
    expect(JSON.parse(event()!)).toMatchObject({ address: '127.0.0.1', reason: 'malformed_token' });
  });

  it('take an import of 20 MB as it comes, and one that is too large for the API is refused by nginx', async () => {
    const token = issuer!.tokenFor({ sub: 'auth0|importer', scopes: ['create:expenses'] });
    const send = (body: string, path = '/expenses/import') =>
      fetch(`${nginx!.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' },
        body,
      });
    const row = `2026-11-21,${'Hotel '.repeat(30).trim()},120,EUR\n`;
    const rows = Math.ceil(20e6 / row.length);
    const file = `date,description,value,currency\n${row.repeat(rows)}`;
    const answer = await send(file);
    expect([answer.status, await answer.json()]).toEqual([201, expect.objectContaining({ imported: rows })]);
    // Not kept by nginx: its folder for bodies is as empty as before.
    expect(readdirSync(join(nginx!.folder, 'client_body'))).toEqual([]);
    // nginx cuts the connection of a client that goes on sending.
    const tooLarge = await send('x'.repeat(65 * 1024 * 1024)).then(
      ({ status }) => status,
      () => 'cut',
    );
    expect([413, 'cut']).toContain(tooLarge);
    expect((await send('x'.repeat(2 * 1024 * 1024), '/expenses')).status).toBe(413);
  });

  it('one is killed under load: clients that try again lose nothing, and then those that do not', async () => {
    const tokens = Array.from({ length: 400 }, (_, index) => tokenOf(`auth0|user-${index}`));
    let next = 0;
    const load = new Load({
      url: () => `${nginx!.url}/`,
      token: () => tokens[next++ % tokens.length],
      retries: 3,
    });
    await delay(1500);
    await apis[0]!.kill();
    await delay(3000);
    await load.stop();
    process.stdout.write(`one of two killed under load: ${JSON.stringify(load.counts)}\n`);
    expect(load.counts).toEqual({ 200: load.samples.length });
    expect(load.samples.length).toBeGreaterThan(100);
    // Every second nginx tries the process again that is gone; those who ask once do not notice.
    const statuses: number[] = [];
    for (let sent = 0; sent < 40; sent += 1) {
      statuses.push((await ask(tokens[sent]!)).status);
      await delay(75);
    }
    expect(statuses).toEqual(Array(40).fill(200));
  });
});
