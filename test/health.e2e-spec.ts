import { SigningKeys } from '../src/auth/index.js';
import { Readiness } from '../src/health/readiness.js';
import { createTestApp, startTestIssuer, type TestApp, type TestIssuer } from '../src/testing/index.js';
import { describeWithRedis, ownRedis } from './support/redis.js';

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks until the answer is the wanted one, for at most five seconds. */
async function readyWith(app: TestApp, status: string) {
  const deadline = Date.now() + 5000;
  for (;;) {
    const response = await app.get('/health/ready');
    const body = response.json<{ status: string; details?: Record<string, { status: string }> }>();
    if (body.status === status || Date.now() > deadline) return { response, body };
    await delay(20);
  }
}

describe('GET /health/live', () => {
  let issuer: TestIssuer | undefined;
  let app: TestApp | undefined;

  beforeAll(async () => {
    issuer = await startTestIssuer();
    await issuer.fail('refuse');
    app = await createTestApp({ issuer });
  });
  afterAll(async () => {
    await app?.close();
    await issuer?.close();
  });

  it('answers 200 without a token while nothing that the service depends on is there', async () => {
    const response = await app!.get('/health/live');
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ status: 'ok' });
  });
});

describe('GET /health/ready', () => {
  let issuer: TestIssuer | undefined;
  let app: TestApp | undefined;

  beforeEach(async () => {
    issuer = await startTestIssuer();
  });
  afterEach(async () => {
    await app?.close();
    await issuer?.close();
    app = undefined;
  });

  it('answers 200 without a token once the keys are there, and may not be cached', async () => {
    app = await createTestApp({ issuer: issuer! });
    const { response, body } = await readyWith(app, 'ok');
    expect(response.statusCode).toBe(200);
    expect(body.details).toMatchObject({ signingKeys: { status: 'up' }, database: { status: 'up' } });
    expect(response.headers['cache-control']).toContain('no-store');
  });

  it('answers 503 with Retry-After while there are no keys, and 200 when the issuer is back', async () => {
    await issuer!.fail('refuse');
    app = await createTestApp({ issuer: issuer! });
    const { response, body } = await readyWith(app, 'error');
    expect(response.statusCode).toBe(503);
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    expect(body.details?.signingKeys).toEqual({ status: 'down' });
    await issuer!.recover();
    expect((await readyWith(app, 'ok')).response.statusCode).toBe(200);
  });

  it('says degraded, with 200, while keys of before an outage serve', async () => {
    issuer!.cacheControl = 'max-age=60';
    app = await createTestApp({ issuer: issuer! });
    await readyWith(app, 'ok');
    await issuer!.fail('server-error');
    await app.app
      .get(SigningKeys)
      .refresh()
      .catch(() => undefined);
    const { response, body } = await readyWith(app, 'degraded');
    expect(response.statusCode).toBe(200);
    expect(body.details?.signingKeys).toMatchObject({ status: 'degraded' });
  });

  describeWithRedis('with Redis', () => {
    it('says that it is up', async () => {
      app = await createTestApp({ issuer: issuer!, variables: { REDIS_URL: ownRedis() } });
      await readyWith(app, 'ok');
      expect((await readyWith(app, 'ok')).body.details?.redis).toEqual({ status: 'up' });
    });
  });

  it('says degraded, with 200, while Redis is away, and nothing of where it is', async () => {
    app = await createTestApp({
      issuer: issuer!,
      variables: { REDIS_URL: 'redis://user:s3cret@127.0.0.1:1' },
    });
    const { response, body } = await readyWith(app, 'degraded');
    expect(response.statusCode).toBe(200);
    expect(body.details?.redis).toEqual({ status: 'degraded' });
    expect(response.body).not.toMatch(/127\.0\.0\.1|s3cret|user/);
  });

  it('answers 503 shutting_down as soon as the process is about to stop', async () => {
    app = await createTestApp({ issuer: issuer! });
    await readyWith(app, 'ok');
    app.app.get(Readiness).stop();
    const { response, body } = await readyWith(app, 'shutting_down');
    expect(response.statusCode).toBe(503);
    expect(body).toEqual({ status: 'shutting_down' });
    expect((await app.get('/health/live')).statusCode).toBe(200);
  });
});
