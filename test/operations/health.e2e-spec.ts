import { setTimeout as delay } from 'node:timers/promises';
import { SigningKeys } from '../../src/auth/index.js';
import { Readiness } from '../../src/health/readiness.js';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { describeWithRedis, ownRedis } from '../support/redis.js';
import { createTestApp } from '../support/test-app.js';

interface Health {
  readonly status: string;
  readonly details?: Record<string, { readonly status: string }>;
}

let issuer: TestIssuer | undefined;
let app: TestApp | undefined;

/** Asks until what is asked for holds, for at most ten seconds. */
async function readyWhen(holds: (health: Health) => boolean) {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const response = await app!.get('/health/ready');
    const body = response.json<Health>();
    if (holds(body) || Date.now() > deadline) return { response, body };
    await delay(20);
  }
}

beforeAll(async () => {
  issuer = await startTestIssuer();
});
afterAll(() => issuer?.close());

describe('GET /health/ready of a process, from its start to its end', () => {
  beforeAll(async () => {
    await issuer!.fail('refuse');
    app = await createTestApp({ issuer: issuer! });
  });
  afterAll(() => app?.close());

  it('answers 503 with Retry-After while there are no keys', async () => {
    const { response, body } = await readyWhen(({ status }) => status === 'error');
    expect(response.statusCode).toBe(503);
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    expect(body.details).toMatchObject({ signingKeys: { status: 'down' }, database: { status: 'up' } });
    expect((await app!.get('/health/live')).statusCode).toBe(200);
  });

  it('answers 200 without a token once the keys are there, and may not be cached', async () => {
    await issuer!.recover();
    const { response, body } = await readyWhen(({ status }) => status === 'ok');
    expect(response.statusCode).toBe(200);
    expect(body.details).toMatchObject({ signingKeys: { status: 'up' }, database: { status: 'up' } });
    expect(response.headers['cache-control']).toContain('no-store');
  });

  it('says degraded, with 200, while keys of before an outage serve', async () => {
    await issuer!.fail('server-error');
    await app!.app
      .get(SigningKeys)
      .refresh()
      .catch(() => undefined);
    const { response, body } = await readyWhen(({ status }) => status === 'degraded');
    expect(response.statusCode).toBe(200);
    expect(body.details?.signingKeys).toMatchObject({ status: 'degraded' });
    await issuer!.recover();
  });

  it('answers 503 shutting_down as soon as the process is about to stop, while it is alive', async () => {
    app!.app.get(Readiness).stop();
    const { response, body } = await readyWhen(({ status }) => status === 'shutting_down');
    expect(response.statusCode).toBe(503);
    expect(body).toEqual({ status: 'shutting_down' });
    expect((await app!.get('/health/live')).json()).toEqual({ status: 'ok' });
  });
});

describe('GET /health/ready without a database', () => {
  afterEach(() => app?.close());

  it('answers 503 and says nothing of where the database is', async () => {
    app = await createAuthApp(issuer!);
    const { response, body } = await readyWhen(({ details }) => details?.database?.status === 'down');
    expect(response.statusCode).toBe(503);
    expect(body.details?.database).toEqual({ status: 'down' });
    expect(response.body).not.toMatch(/127\.0\.0\.1|ECONN|postgres/);
  });

  it('says that Redis is degraded, and not down, while it is away, and nothing of where it is', async () => {
    app = await createAuthApp(issuer!, { variables: { REDIS_URL: 'redis://user:s3cret@127.0.0.1:1' } });
    const { response, body } = await readyWhen(({ details }) => details?.redis?.status === 'degraded');
    expect(body.details?.redis).toEqual({ status: 'degraded' });
    expect(response.body).not.toMatch(/127\.0\.0\.1|s3cret|user/);
  });

  describeWithRedis('with Redis', () => {
    it('says that Redis is up', async () => {
      app = await createAuthApp(issuer!, { variables: { REDIS_URL: ownRedis() } });
      const { body } = await readyWhen(({ details }) => details?.redis?.status === 'up');
      expect(body.details?.redis).toEqual({ status: 'up' });
    });
  });
});
