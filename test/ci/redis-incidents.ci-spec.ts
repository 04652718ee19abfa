import { Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';
import { Relay } from '../support/relay.js';
import { ApiProcess } from './support/api-process.js';
import { createDatabase, type TestDatabase } from './support/postgres.js';
import { OwnRedis } from './support/servers.js';

// A Redis that answers, but does not count.
const LIMIT = 100_000;

let issuer: TestIssuer;
let database: TestDatabase;
let server: OwnRedis;
let admin: Redis;
let api: ApiProcess | undefined;

beforeAll(async () => {
  issuer = await startTestIssuer();
  database = await createDatabase();
});
beforeEach(async () => {
  server = await OwnRedis.create();
  admin = new Redis(server.url);
});
afterEach(async () => {
  await api?.kill();
  admin.disconnect();
  await server.remove();
});
afterAll(async () => {
  await database?.drop();
  await issuer?.close();
});

const start = (url: string) =>
  ApiProcess.start(issuer, {
    DATABASE_URL: database.url,
    REDIS_URL: url,
    RATE_LIMIT: String(LIMIT),
    LOG_LEVEL: 'warn',
  });

async function read(): Promise<number> {
  const headers = { authorization: `Bearer ${issuer.tokenFor({ scopes: ['read:reports'] })}` };
  const answer = await fetch(`${api!.url}/`, { headers });
  await answer.arrayBuffer();
  return answer.status;
}

interface Health {
  readonly status: string;
  readonly details: { readonly redis: { readonly status: string } };
}
const health = async () => (await (await fetch(`${api!.url}/health/ready`)).json()) as Health;
const redisStatus = async () => (await health()).details.redis.status;

/** Asks until Redis is in a state, with requests meanwhile, none of which may fail. @returns milliseconds it took */
async function until(status: string): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    expect(await read()).toBe(200);
    if ((await redisStatus()) === status) return Math.round(performance.now() - startedAt);
    if (performance.now() - startedAt > 15_000) throw new Error(`Redis is never ${status}:\n${api!.output}`);
    await delay(100);
  }
}

const keysOf = async (redis: Redis) => (await redis.keys('*')).length;

it('a failover: the demoted one says READONLY, and the API finds the new one by the name', async () => {
  const next = await OwnRedis.create();
  const nextAdmin = new Redis(next.url);
  const name = new Relay(server.address);
  try {
    api = await start(`redis://127.0.0.1:${await name.open()}`);
    await until('up');
    await admin.replicaof('127.0.0.1', next.port);
    await until('degraded');
    await api.logged('READONLY');
    name.target = next.address;
    const milliseconds = await until('up');
    process.stdout.write(`Redis failed over: counted by the new one after ${milliseconds} ms\n`);
    expect(await read()).toBe(200);
    expect(await keysOf(nextAdmin)).toBeGreaterThan(0);
  } finally {
    await name.close();
    nextAdmin.disconnect();
    await next.remove();
  }
});

it('without memory: limits fall back, readiness says degraded, and the log says OOM', async () => {
  api = await start(server.url);
  await until('up');
  await admin.config('SET', 'maxmemory', '1');
  await until('degraded');
  await api.logged('OOM');
  await admin.config('SET', 'maxmemory', '0');
  await until('up');
});

it('an account without the right to run scripts: NOPERM is named', async () => {
  await admin.call('ACL', 'SETUSER', 'app', 'on', '>secret-of-app', '~*', '+@all', '-@scripting');
  api = await start(`redis://app:secret-of-app@127.0.0.1:${server.port}`);
  await until('degraded');
  await api.logged('NOPERM');
  expect(api.output).not.toContain('secret-of-app');
  await admin.call('ACL', 'SETUSER', 'app', '+@scripting');
  await until('up');
});

it.each([
  ['no password', 'NOAUTH', (port: number) => `redis://127.0.0.1:${port}`],
  ['a wrong password', 'WRONGPASS', (port: number) => `redis://default:not-it@127.0.0.1:${port}`],
])('with %s: %s is logged, and it heals when it is let in', async (_title, word, urlOf) => {
  await admin.config('SET', 'requirepass', 'right-one');
  api = await start(urlOf(server.port));
  await until('degraded');
  await api.logged(word);
  expect(api.output).not.toMatch(/not-it|right-one/);
  await admin.call('CONFIG', 'SET', 'requirepass', '');
  await admin.call('ACL', 'SETUSER', 'default', 'nopass');
  await until('up');
});
