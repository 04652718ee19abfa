import { Client } from 'pg';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';
import { ApiProcess } from './support/api-process.js';
import { Load } from './support/load.js';
import { OwnPostgres, OwnRedis } from './support/servers.js';

/** How long each part is away, in milliseconds. */
const OUTAGE_MS = 3000;

async function openConnection(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

describe('under load', () => {
  let issuer: TestIssuer | undefined;
  let postgres: OwnPostgres | undefined;
  let redis: OwnRedis | undefined;
  let api: ApiProcess | undefined;
  let token = '';

  beforeAll(async () => {
    issuer = await startTestIssuer();
    [postgres, redis] = await Promise.all([OwnPostgres.create(), OwnRedis.create()]);
    token = issuer.tokenFor({ scopes: ['read:reports', 'create:expenses'] });
    api = await ApiProcess.start(issuer, {
      DATABASE_URL: postgres.url,
      DATABASE_POOL_SIZE: '4',
      DATABASE_STATEMENT_TIMEOUT: '2',
      REDIS_URL: redis.url,
      RATE_LIMIT: '1000000',
    });
  });
  afterAll(async () => {
    await api?.kill();
    await Promise.all([postgres?.remove(), redis?.remove(), issuer?.close()]);
  });

  /** Loads the API, takes a part away and brings it back, and reports what clients saw. */
  async function outage(name: string, away: () => Promise<void>, back: () => Promise<void>) {
    const load = new Load({ url: () => `${api!.url}/`, token: () => token });
    await delay(1000);
    await away();
    await delay(OUTAGE_MS);
    await back();
    const backAt = performance.now();
    await delay(6000);
    await load.stop();
    const report = { requests: load.counts, recoveredAfterMs: load.recoveryAfter(backAt) };
    process.stdout.write(`${name} away for ${OUTAGE_MS} ms: ${JSON.stringify(report)}\n`);
    return report;
  }

  it('PostgreSQL is killed and restarted: requests are answered 503 meanwhile, and 200 within 5 s', async () => {
    const { requests, recoveredAfterMs } = await outage(
      'PostgreSQL',
      async () => {
        await postgres!.kill();
        expect(await fetch(`${api!.url}/health/ready`).then(({ status }) => status)).toBe(503);
        expect(await fetch(`${api!.url}/health/live`).then(({ status }) => status)).toBe(200);
      },
      () => postgres!.start(),
    );
    expect(Object.keys(requests).toSorted()).toEqual(['200', '503']);
    expect(recoveredAfterMs).toBeLessThan(5000);
    expect(api!.output.split('The database cannot answer')).toHaveLength(2);
    expect(api!.output).toMatch(/The database answers again, after \d+ s and \d+ failures/);
  });

  it('Redis is killed and restarted: not one request fails, and limits are shared again afterwards', async () => {
    const { requests } = await outage(
      'Redis',
      () => redis!.kill(),
      () => redis!.start(),
    );
    expect(Object.keys(requests)).toEqual(['200']);
    const { details } = (await (await fetch(`${api!.url}/health/ready`)).json()) as {
      details: { redis: { status: string } };
    };
    expect(details.redis.status).toBe('up');
  });

  it('Redis hangs: not one request fails', async () => {
    const { requests } = await outage(
      'Redis (hanging)',
      async () => redis!.pause(),
      async () => redis!.resume(),
    );
    expect(Object.keys(requests)).toEqual(['200']);
  });

  it('the issuer is killed and restarted: not one request with a known key fails', async () => {
    const { requests } = await outage(
      'the issuer',
      () => issuer!.fail('refuse'),
      () => issuer!.recover(),
    );
    expect(Object.keys(requests)).toEqual(['200']);
  });

  it('all connections of the pool are taken: requests are answered 503 in time, and 200 afterwards', async () => {
    const blocker = new Client({ connectionString: postgres!.url });
    await blocker.connect();
    await blocker.query('BEGIN; LOCK TABLE expenses IN ACCESS EXCLUSIVE MODE');
    const load = new Load({ url: () => `${api!.url}/`, token: () => token, connections: 20 });
    await delay(8000);
    expect(await fetch(`${api!.url}/health/live`).then(({ status }) => status)).toBe(200);
    await blocker.query('COMMIT');
    await blocker.end();
    const freeAt = performance.now();
    await delay(3000);
    await load.stop();
    process.stdout.write(`pool taken for 8 s: ${JSON.stringify(load.counts)}\n`);
    expect(Object.keys(load.counts).toSorted()).toEqual(['200', '503']);
    expect(load.samples.filter(({ at, status }) => at > freeAt + 2000 && status !== 200)).toEqual([]);
  });

  it('500 idle connections and 50 slow clients: not one request fails, and the slow ones are cut', async () => {
    const idle: Socket[] = [];
    for (let count = 0; count < 500; count += 1) idle.push(await openConnection(api!.port));
    const slow: Socket[] = [];
    for (let count = 0; count < 50; count += 1) slow.push(await openConnection(api!.port));
    let cut = 0;
    const answers: string[] = [];
    for (const socket of slow) {
      socket.on('data', (data) => answers.push(data.toString()));
      socket.on('close', () => (cut += 1));
      socket.write('GET / HTTP/1.1\r\nhost: api\r\n');
    }
    const drip = setInterval(() => {
      for (const socket of slow) if (socket.writable) socket.write('x-slow: 1\r\n');
    }, 500);
    const load = new Load({ url: () => `${api!.url}/`, token: () => token });
    await delay(13_000);
    await load.stop();
    clearInterval(drip);
    for (const socket of [...idle, ...slow]) socket.destroy();
    expect(Object.keys(load.counts)).toEqual(['200']);
    expect(cut).toBe(50);
    expect(answers[0]).toMatch(/^HTTP\/1\.1 408 [\s\S]*application\/problem\+json/);
  });
});
