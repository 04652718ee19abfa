import type { Redis } from 'ioredis';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { AUDIT_STREAM } from '../../src/audit/audit.tokens.js';
import { AccessRules } from '../../src/auth/index.js';
import { REDIS } from '../../src/redis/redis.module.js';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { LogLines } from '../support/log-lines.js';
import { ownRedis, redisIsThere } from '../support/redis.js';
import { createTestApp } from '../support/test-app.js';

let issuer: TestIssuer;
let app: TestApp;
let address: { host: string; port: number };
const audit = new LogLines();

beforeAll(async () => {
  issuer = await startTestIssuer();
  app = await createTestApp({
    issuer,
    variables: {
      RATE_LIMIT: '100000',
      FAILED_AUTH_LIMIT: '100000',
      ...(redisIsThere && { REDIS_URL: ownRedis() }),
    },
    override: (module) => module.overrideProvider(AUDIT_STREAM).useValue(audit),
  });
  const { hostname, port } = new URL(await app.listen());
  address = { host: hostname, port: Number(port) };
});
afterAll(async () => {
  await app?.close();
  await issuer?.close();
});

/** Everything that the server sends until it closes, or is silent for a moment after an answer. */
async function exchange(text: string): Promise<string> {
  const socket = connect(address);
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(text, 'latin1');
  const closed = once(socket, 'close');
  for (let waited = 0; waited < 5000 && !/HTTP\/1\.1 [2-5]/.test(received); waited += 10) {
    await Promise.race([pause(10), closed]);
    if (socket.destroyed) break;
  }
  await Promise.race([pause(20), closed]);
  socket.destroy();
  return received;
}

const statusOf = (answer: string) => Number(/HTTP\/1\.1 ([2-5]\d\d)/.exec(answer)?.[1]);
const headerOf = (answer: string, name: string) => new RegExp(`^${name}: (.*)\\r$`, 'im').exec(answer)?.[1];

const PARAMETER = /:\w+|\*/g;
const ID = '00000000-0000-4000-8000-000000000000';

/** How a body can be wrong: header lines and what is sent of it. */
const bodies: readonly (readonly [string, string, string])[] = [
  ['broken JSON', 'content-type: application/json\r\ncontent-length: 9', '{"broken"'],
  ['another type', 'content-type: application/x-unknown\r\ncontent-length: 1', 'x'],
  ['too long', 'content-type: application/json\r\ncontent-length: 70000000', '{"'],
  ['empty', 'content-type: application/json\r\ncontent-length: 0', ''],
  ['gzip', 'content-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 2', '\u001f\u008b'],
  ['held back', 'content-type: application/json\r\nexpect: 100-continue\r\ncontent-length: 9', ''],
  ['without an end', 'content-type: application/json\r\ntransfer-encoding: chunked', '5\r\n{"abc'],
];

/** Heads that say no length that can be believed; whose they are is not asked (RFC 9112, 6.3). */
const brokenLengths: readonly (readonly [string, string, string])[] = [
  ['a length that is no number', 'content-length: 9x', '{"broken"'],
  ['a length below nought', 'content-length: -1', ''],
  ['two lengths', 'content-length: 9\r\ncontent-length: 2', '{"broken"'],
  ['a length and an encoding', 'content-length: 9\r\ntransfer-encoding: chunked', '{"broken"'],
];

interface Caller {
  readonly status: number;
  readonly reason: string;
  /** What the limit of refused credentials, and that of requests, count it as. */
  readonly counts: readonly [failures: number, requests: number];
  readonly token: (scopes: readonly string[]) => string | undefined;
}

const POOR = 'auth0|poor';
const GOOD = 'auth0|good';
const callers: Readonly<Record<string, Caller>> = {
  nobody: { status: 401, reason: 'missing_token', counts: [0, 0], token: () => undefined },
  'a forger': {
    status: 401,
    reason: 'bad_signature',
    counts: [1, 0],
    token: (scopes) => issuer.tokenFor({ scopes }).replace(/[^.]+$/, (signature) => flip(signature)),
  },
  'one whose token has expired': {
    status: 401,
    reason: 'token_expired',
    counts: [1, 0],
    token: (scopes) => issuer.tokenFor({ scopes, exp: 1 }),
  },
  'one who lacks the scope': {
    status: 403,
    reason: 'insufficient_scope',
    counts: [0, 1],
    token: () => issuer.tokenFor({ sub: POOR, scopes: [] }),
  },
};

/** A signature of the same length that fits nothing. */
const flip = (signature: string) => (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1);

/** Every route that may have a body and is not public, with its path filled in. */
function routesWithBodies(): { method: string; url: string; scopes: readonly string[] }[] {
  const { routes } = app.app.get(AccessRules);
  return routes
    .filter(
      ({ method, rule }) => rule.kind !== 'public' && ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method),
    )
    .map(({ method, path, rule }) => ({
      method,
      url: path.replaceAll(PARAMETER, ID),
      scopes: rule.kind === 'scopes' ? rule.scopes : [],
    }));
}

/** What both limits have counted; nothing when there is no Redis to look into. */
async function counted(): Promise<readonly [number, number]> {
  const redis = app.app.get<Redis | undefined>(REDIS);
  if (!redis) return [0, 0];
  const read = async (key: string) => Number((await redis.get(`expenses-api:${key}`)) ?? 0);
  const subjects = await Promise.all([POOR, GOOD].map((sub) => read(`requests:${issuer.url} ${sub}`)));
  return [await read('failures:127.0.0.1'), subjects.reduce((sum, count) => sum + count, 0)];
}

/** Waits until the limits have counted this much more; refused credentials are counted while the answer leaves. */
async function expectCounted(before: readonly [number, number], more: readonly [number, number]) {
  if (!redisIsThere) return;
  const wanted = [before[0] + more[0], before[1] + more[1]];
  for (let tries = 0; tries < 100; tries += 1) {
    const [failures, requests] = await counted();
    if (failures === wanted[0] && requests === wanted[1]) return;
    await pause(10);
  }
  expect(await counted()).toEqual(wanted);
}

/** The events of one request, by the id in its answer. */
const eventsOf = (answer: string) =>
  audit.lines.filter(({ requestId }) => requestId === headerOf(answer, 'x-request-id'));

function requestOf(
  route: { method: string; url: string },
  token: string | undefined,
  head: string,
  body: string,
) {
  const authorization = token === undefined ? '' : `authorization: Bearer ${token}\r\n`;
  return `${route.method} ${route.url} HTTP/1.1\r\nhost: a\r\n${authorization}${head}\r\n\r\n${body}`;
}

describe('the order of a request', () => {
  it('there are routes to try', () => {
    expect(routesWithBodies().length).toBeGreaterThan(3);
  });

  it.each(Object.entries(callers))('%s is refused before the body, whatever it is', async (who, caller) => {
    const before = await counted();
    let sent = 0;
    for (const route of routesWithBodies()) {
      for (const [title, head, body] of bodies) {
        const answer = await exchange(requestOf(route, caller.token(route.scopes), head, body));
        sent += 1;
        const challenge = headerOf(answer, 'www-authenticate');
        const scope = `scope="${route.scopes.join(' ')}"`;
        expect([
          route,
          title,
          statusOf(answer),
          route.scopes.length === 0 || challenge?.includes(scope),
        ]).toEqual([route, title, caller.status, true]);
        expect(answer).not.toContain('100 Continue');
        const isLong = title === 'too long' || title === 'without an end';
        if (isLong) expect(headerOf(answer, 'connection')).toBe('close');
        const events = eventsOf(answer).map(({ decision, status, reason }) => ({ decision, status, reason }));
        const event = { decision: 'denied', status: caller.status, reason: caller.reason };
        // Of those without a token the first of each action has an event, and the others are summed up.
        const isSummedUp = who === 'nobody' && title !== bodies[0]![0];
        expect([title, events]).toEqual([title, isSummedUp ? [] : [event]]);
      }
    }
    await expectCounted(before, [sent * caller.counts[0], sent * caller.counts[1]]);
  });

  it.each([...Object.entries(callers), ['one who may', undefined] as const])(
    '%s who says no length that can be believed gets 400, and counts for nothing',
    async (_who, caller) => {
      const before = await counted();
      for (const route of routesWithBodies()) {
        const token = caller
          ? caller.token(route.scopes)
          : issuer.tokenFor({ sub: GOOD, scopes: route.scopes });
        for (const [title, head, body] of brokenLengths) {
          const answer = await exchange(requestOf(route, token, head, body));
          expect([title, statusOf(answer)]).toEqual([title, 400]);
          expect(headerOf(answer, 'www-authenticate')).toBeUndefined();
          expect(headerOf(answer, 'connection')).toBe('close');
          expect(eventsOf(answer)).toEqual([]);
        }
      }
      await expectCounted(before, [0, 0]);
    },
  );

  it('a good token gets as far as the body', async () => {
    const before = await counted();
    const answers = [];
    let sent = 0;
    const routes = routesWithBodies().filter(
      ({ method, url }) => method === 'POST' && url.startsWith('/expenses'),
    );
    for (const route of routes) {
      const token = issuer.tokenFor({ sub: GOOD, scopes: route.scopes });
      for (const [title, head, body] of bodies.slice(0, 5)) {
        const answer = await exchange(requestOf(route, token, head, body));
        expect(eventsOf(answer)).toMatchObject([
          { decision: 'allowed', status: statusOf(answer), subject: GOOD },
        ]);
        expect(statusOf(answer)).toBeGreaterThanOrEqual(400);
        sent += 1;
        if (route.url === '/expenses') answers.push(`${title} ${statusOf(answer)}`);
      }
    }
    expect(answers).toEqual(['broken JSON 400', 'another type 415', 'too long 413', 'empty 400', 'gzip 415']);
    await expectCounted(before, [0, sent]);
  });

  it('a known caller is asked for the body that it holds back', async () => {
    const token = issuer.tokenFor({ sub: 'auth0|polite', scopes: ['create:expenses'] });
    const body = JSON.stringify({ date: '2026-03-01', description: 'Taxi', value: 12, currency: 'EUR' });
    const socket = connect(address);
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
    socket.write(
      `POST /expenses HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n` +
        `expect: 100-continue\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    while (!received.includes('100 Continue')) await once(socket, 'data');
    socket.write(body);
    while (!received.includes('HTTP/1.1 201')) await once(socket, 'data');
    socket.destroy();
  });

  it('a client that sends all of a long body reads the refusal all the same', async () => {
    const { host, port } = address;
    for (let sent = 0; sent < 5; sent += 1) {
      const answer = await fetch(`http://${host}:${port}/expenses`, {
        method: 'POST',
        body: 'x'.repeat(900_000),
      });
      expect(answer.status).toBe(401);
    }
  });

  it('a body that stops coming is answered with 408, and its connection closed', async () => {
    const token = issuer.tokenFor({ sub: 'auth0|silent', scopes: ['create:expenses'] });
    const socket = connect(address);
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
    socket.write(
      `POST /expenses HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n` +
        'content-length: 500\r\n\r\n{"date":',
    );
    await once(socket, 'close');
    expect(statusOf(received)).toBe(408);
  }, 30_000);
});
