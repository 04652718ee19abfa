import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { DpopClient } from '../../src/testing/dpop-client.js';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { describeWithRedis, ownRedis, redisConnected, redisIsThere } from '../support/redis.js';
import { rawExchange, rawRequest } from '../support/raw-request.js';

const scopes = ['read:reports'];

let issuer: TestIssuer | undefined;
beforeAll(async () => {
  issuer = await startTestIssuer();
});
afterAll(() => issuer?.close());

const apps: TestApp[] = [];
async function start(variables: Record<string, string>): Promise<TestApp> {
  const app = await createAuthApp(issuer!, { variables });
  apps.push(app);
  await redisConnected(app);
  return app;
}
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

async function statuses(count: number, send: () => Promise<{ statusCode: number }>): Promise<number[]> {
  const all: number[] = [];
  for (let sent = 0; sent < count; sent += 1) all.push((await send()).statusCode);
  return all;
}

const bad = (app: TestApp, remoteAddress: string) =>
  app.inject({ method: 'GET', url: '/secured', remoteAddress }, issuer!.tokenFor({ exp: 1 }));
const good = (app: TestApp, remoteAddress: string, token = issuer!.tokenFor({ scopes })) =>
  app.inject({ method: 'GET', url: '/secured', remoteAddress }, token);

const problem = async (request: Promise<{ statusCode: number; headers: object; body: string }>) => {
  const { statusCode, headers, body } = await request;
  expect(headers).toMatchObject({ 'content-type': expect.stringMatching(/^application.problem\+json/) });
  const { requestId, code } = JSON.parse(body) as Record<string, unknown>;
  expect(headers).toMatchObject({ 'x-request-id': requestId });
  return { statusCode, code };
};

describe.each([
  ['in memory', () => ({})] as const,
  ...(redisIsThere ? [['in Redis', () => ({ REDIS_URL: ownRedis() })] as const] : []),
  ['in memory while Redis is away', () => ({ REDIS_URL: 'redis://127.0.0.1:1' })] as const,
])('the limit of requests per subject, %s', (_, settings) => {
  it('answers 429 with Retry-After to the one that has too many, whatever its token, and serves the others', async () => {
    const app = await start({ RATE_LIMIT: '3', ...settings() });
    const alice = () => app.get('/secured', issuer!.tokenFor({ sub: 'auth0|alice', scopes }));
    expect(await statuses(3, alice)).toEqual([200, 200, 200]);
    const refused = await alice();
    expect(refused.statusCode).toBe(429);
    expect(refused.headers['content-type']).toMatch(/^application.problem\+json/);
    expect(refused.json()).toMatchObject({ status: 429, code: 'too_many_requests' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(refused.headers).not.toHaveProperty('www-authenticate');
    expect((await app.get('/secured', issuer!.tokenFor({ sub: 'auth0|bob', scopes }))).statusCode).toBe(200);
    expect(await statuses(5, () => app.get('/health/live', 'a.b.c'))).toEqual([200, 200, 200, 200, 200]);
  });
});

describe('the limit of requests per subject', () => {
  it('counts requests that lack a scope, and tells its state in every answer to a known caller', async () => {
    const app = await start({ RATE_LIMIT: '5' });
    const poor = () => app.get('/secured', issuer!.tokenFor({ sub: 'auth0|poor' }));
    expect(await statuses(7, poor)).toEqual([403, 403, 403, 403, 403, 429, 429]);
    const rich = issuer!.tokenFor({ sub: 'auth0|rich', scopes });
    const states = [];
    for (const url of ['/secured', '/secured/both', '/secured/me']) {
      const { headers } = await app.get(url, rich);
      states.push([headers['ratelimit-limit'], headers['ratelimit-remaining']].map(Number));
      expect(Number(headers['ratelimit-reset'])).toBeGreaterThan(0);
    }
    expect(states).toEqual([
      [5, 4],
      [5, 3],
      [5, 2],
    ]);
    expect((await app.get('/secured')).headers).not.toHaveProperty('ratelimit-limit');
  });
});

/** Until then a process counts for itself. */
async function untilRedisIsUp(process: TestApp): Promise<void> {
  const status = async () => {
    const { details } = (await process.get('/health/ready')).json<{
      details: { redis: { status: string } };
    }>();
    return details.redis.status;
  };
  while ((await status()) !== 'up') await pause(50);
}

describeWithRedis('two processes with one Redis', () => {
  it('count the requests of a subject together', async () => {
    const settings = { RATE_LIMIT: '4', REDIS_URL: ownRedis() };
    const [one, two] = [await start(settings), await start(settings)];
    await Promise.all([one, two].map(untilRedisIsUp));
    const token = issuer!.tokenFor({ scopes });
    expect(await statuses(2, () => one.get('/secured', token))).toEqual([200, 200]);
    expect(await statuses(3, () => two.get('/secured', token))).toEqual([200, 200, 429]);
    expect((await one.get('/secured', token)).statusCode).toBe(429);
  });
});

describe('the limit of failed authentications per address', () => {
  it('refuses further attempts of the address before their tokens are looked at, and none of another', async () => {
    const app = await start({ FAILED_AUTH_LIMIT: '3' });
    expect(await statuses(4, () => bad(app, '192.0.2.1'))).toEqual([401, 401, 401, 401]);
    const refused = await bad(app, '192.0.2.1');
    expect(refused.statusCode).toBe(429);
    expect(refused.json()).toMatchObject({ code: 'too_many_failures' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await good(app, '192.0.2.1')).statusCode).toBe(429);
    expect((await bad(app, '192.0.2.2')).statusCode).toBe(401);
    expect((await good(app, '192.0.2.2')).statusCode).toBe(200);
  });

  it('lets tokens pass that were verified before, and requests without a token, from the address that waits', async () => {
    const app = await start({ FAILED_AUTH_LIMIT: '2' });
    const known = issuer!.tokenFor({ scopes });
    expect((await good(app, '192.0.2.1', known)).statusCode).toBe(200);
    await statuses(3, () => bad(app, '192.0.2.1'));
    expect((await bad(app, '192.0.2.1')).statusCode).toBe(429);
    expect((await good(app, '192.0.2.1', known)).statusCode).toBe(200);
    const without = await app.inject({ method: 'GET', url: '/secured', remoteAddress: '192.0.2.1' });
    expect(without.statusCode).toBe(401);
    const health = await app.inject(
      { method: 'GET', url: '/health/live', remoteAddress: '192.0.2.1' },
      'a.b.c',
    );
    expect(health.statusCode).toBe(200);
  });

  it('does not count missing tokens and missing scopes', async () => {
    const app = await start({ FAILED_AUTH_LIMIT: '1' });
    const noScope = issuer!.tokenFor();
    await statuses(3, () => app.get('/secured'));
    await statuses(3, () => app.get('/secured', noScope));
    expect((await app.get('/secured', issuer!.tokenFor({ scopes }))).statusCode).toBe(200);
  });

  it('counts proofs that are refused, and not that a nonce is asked for', async () => {
    const app = await start({ FAILED_AUTH_LIMIT: '2', DPOP_NONCE: 'required' });
    const client = new DpopClient();
    const token = issuer!.tokenFor({ scopes, cnf: client.confirmation });
    const url = 'https://api.example.com/secured';
    const send = (claims: object) =>
      app.inject({
        method: 'GET',
        url: '/secured',
        remoteAddress: '192.0.2.1',
        headers: { authorization: `DPoP ${token}`, dpop: client.proof({ url, token }, { ...claims }) },
      });
    expect(await statuses(4, () => send({}))).toEqual([401, 401, 401, 401]);
    expect((await good(app, '192.0.2.1')).statusCode).toBe(200);
    await statuses(3, () => send({ htm: 'POST' }));
    expect((await good(app, '192.0.2.1')).statusCode).toBe(429);
    // The token was verified before, so whoever holds its key is still let in.
    const nonce = (await send({})).headers['dpop-nonce'];
    expect((await send({ nonce })).statusCode).toBe(200);
  });

  it('does not count a token in the query or body, which any web page can have a browser send', async () => {
    const app = await start({ FAILED_AUTH_LIMIT: '2' });
    const image = () =>
      app.inject({ method: 'GET', url: '/secured?access_token=x', remoteAddress: '192.0.2.1' });
    expect(await statuses(5, image)).toEqual([400, 400, 400, 400, 400]);
    const form = () =>
      app.inject(
        { method: 'POST', url: '/secured', payload: { access_token: 'x' }, remoteAddress: '192.0.2.1' },
        issuer!.tokenFor({ scopes: ['create:expenses'] }),
      );
    expect(await statuses(5, form)).toEqual([400, 400, 400, 400, 400]);
    expect((await good(app, '192.0.2.1')).statusCode).toBe(200);
  });

  it('counts what a client sends that hangs up at once', async () => {
    const app = await start({ FAILED_AUTH_LIMIT: '3' });
    const { hostname, port } = new URL(await app.listen());
    for (let sent = 0; sent < 6; sent += 1) {
      const socket = connect({ host: hostname, port: Number(port) });
      await once(socket, 'connect');
      const token = issuer!.tokenFor({ exp: 1, jti: String(sent) });
      socket.write(`GET /secured HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\n\r\n`);
      // Long enough to arrive: a reset that overtakes the request takes it away from the kernel's buffer.
      await pause(30);
      socket.resetAndDestroy();
      await once(socket, 'close');
    }
    await pause(200);
    expect((await good(app, '127.0.0.1')).statusCode).toBe(429);
  });

  it('counts all addresses of an IPv6 network together', async () => {
    const app = await start({ FAILED_AUTH_LIMIT: '2' });
    for (const last of [1, 2, 3]) await bad(app, `2001:db8:0:1::${last}`);
    expect((await bad(app, '2001:db8:0:1::99')).statusCode).toBe(429);
    expect((await bad(app, '2001:db8:0:2::1')).statusCode).toBe(401);
  });

  it('does not believe X-Forwarded-For of a peer that is no trusted proxy', async () => {
    const app = await start({ FAILED_AUTH_LIMIT: '1', TRUST_PROXY: '10.0.0.0/8' });
    const from = (remoteAddress: string, forwarded: string) =>
      app.inject(
        { method: 'GET', url: '/secured', remoteAddress, headers: { 'x-forwarded-for': forwarded } },
        'a.b.c',
      );
    expect(await statuses(2, () => from('192.0.2.1', '198.51.100.1'))).toEqual([401, 401]);
    expect((await from('192.0.2.1', '198.51.100.2')).statusCode).toBe(429);
    expect(await statuses(2, () => from('10.0.0.1', '198.51.100.3'))).toEqual([401, 401]);
    expect((await from('10.0.0.1', '198.51.100.4')).statusCode).toBe(401);
    expect((await from('10.0.0.1', '198.51.100.3')).statusCode).toBe(429);
  });
});

describe('what the server accepts', () => {
  let app: TestApp;
  let url: string;
  beforeEach(async () => {
    app = await start({ CORS_ORIGINS: 'https://app.example.com' });
    url = await app.listen();
  });

  it('sizes: answers problems for too long URLs, headers and bodies, and for what is no HTTP', async () => {
    expect(await problem(rawRequest(url, `GET /?${'x'.repeat(4096)} HTTP/1.1`))).toEqual({
      statusCode: 414,
      code: 'uri_too_long',
    });
    expect(await problem(rawRequest(url, 'GET / HTTP/1.1', [`x-padding: ${'x'.repeat(17_000)}`]))).toEqual({
      statusCode: 431,
      code: 'headers_too_large',
    });
    expect(
      await problem(
        app.inject(
          { method: 'POST', url: '/secured', payload: { description: 'x'.repeat(1024 * 1024) } },
          issuer!.tokenFor({ scopes: ['create:expenses'] }),
        ) as never,
      ),
    ).toEqual({ statusCode: 413, code: 'body_too_large' });
    expect(await problem(rawRequest(url, 'GET /%zz HTTP/1.1'))).toMatchObject({ statusCode: 400 });
    const [answer] = await rawExchange(url, 'this is no HTTP\r\n\r\n');
    expect(await problem(Promise.resolve(answer!))).toEqual({ statusCode: 400, code: 'malformed_request' });
  });

  it('security headers: are on answers of every kind, and nothing may be cached', async () => {
    const answers = [
      await app.get('/secured', issuer!.tokenFor({ scopes })),
      await app.get('/secured'),
      await app.get('/nothing'),
    ];
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none';frame-ancestors 'none'",
        'strict-transport-security': expect.stringContaining('max-age='),
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  it('CORS: lets the listed origin read the answer with its challenge, and no other', async () => {
    const from = (origin: string) => app.inject({ method: 'GET', url: '/secured', headers: { origin } });
    const { headers } = await from('https://app.example.com');
    expect(headers['access-control-allow-origin']).toBe('https://app.example.com');
    expect(headers['access-control-expose-headers']).toContain('WWW-Authenticate');
    expect(headers['access-control-allow-credentials']).toBeUndefined();
    expect((await from('https://evil.example.com')).headers['access-control-allow-origin']).toBeUndefined();
    const preflight = await app.inject({
      method: 'OPTIONS',
      url: '/expenses',
      headers: {
        origin: 'https://app.example.com',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,idempotency-key',
      },
    });
    expect(preflight.statusCode).toBe(204);
    expect(preflight.headers['access-control-allow-headers']).toMatch(/Authorization.*Idempotency-Key/);
  });
});
