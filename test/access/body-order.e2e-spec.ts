import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { AUDIT_STREAM } from '../../src/audit/audit.tokens.js';
import { AccessRules } from '../../src/auth/index.js';
import { createTestApp, startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { LogLines } from '../support/log-lines.js';

let issuer: TestIssuer;
let app: TestApp;
let address: { host: string; port: number };
const audit = new LogLines();

beforeAll(async () => {
  issuer = await startTestIssuer();
  app = await createTestApp({
    issuer,
    variables: { RATE_LIMIT: '100000', FAILED_AUTH_LIMIT: '100000' },
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

/** How a body can be wrong: header lines and what is sent of it. */
const bodies: readonly (readonly [string, string, string])[] = [
  ['broken JSON', 'content-type: application/json\r\ncontent-length: 9', '{"broken"'],
  ['another type', 'content-type: application/x-unknown\r\ncontent-length: 1', 'x'],
  ['too long', 'content-type: application/json\r\ncontent-length: 900000', '{"'],
  ['empty', 'content-type: application/json\r\ncontent-length: 0', ''],
  ['gzip', 'content-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 2', '\u001f\u008b'],
  ['waited for', 'content-type: application/json\r\nexpect: 100-continue\r\ncontent-length: 9', ''],
  ['none, without an end', 'content-type: application/json\r\ntransfer-encoding: chunked', '5\r\n{"abc'],
];

const PARAMETER = /:\w+|\*/g;
const ID = '00000000-0000-4000-8000-000000000000';

describe('the order of a request', () => {
  const callers: readonly (readonly [string, number, (scopes: readonly string[]) => string | undefined])[] = [
    ['nobody', 401, () => undefined],
    ['a forger', 401, (scopes) => issuer.tokenFor({ scopes }).replace(/[^.]+$/, 'AAAA')],
    ['one whose token has expired', 401, (scopes) => issuer.tokenFor({ scopes, exp: 1 })],
    ['one who lacks the scope', 403, () => issuer.tokenFor({ sub: 'auth0|poor' })],
  ];
  it.each(callers)('%s is refused before the body, whatever it is', async (_who, status, tokenWith) => {
    const { routes } = app.app.get(AccessRules);
    const taking = routes.filter(
      ({ method, rule }) => rule.kind === 'scopes' && ['POST', 'PUT', 'PATCH'].includes(method),
    );
    expect(taking.length).toBeGreaterThan(1);
    for (const { method, path, rule } of taking) {
      const scopes = rule.kind === 'scopes' ? rule.scopes : [];
      for (const [title, head, body] of bodies) {
        const token = tokenWith(scopes);
        const authorization = token === undefined ? '' : `authorization: Bearer ${token}\r\n`;
        const url = path.replaceAll(PARAMETER, ID);
        const answer = await exchange(
          `${method} ${url} HTTP/1.1\r\nhost: a\r\n${authorization}${head}\r\n\r\n${body}`,
        );
        const challenge = headerOf(answer, 'www-authenticate');
        expect([title, path, statusOf(answer), challenge?.includes(`scope="${scopes.join(' ')}"`)]).toEqual([
          title,
          path,
          status,
          true,
        ]);
        expect(answer).not.toContain('100 Continue');
        const isLong = title === 'too long' || title.startsWith('none');
        if (isLong) expect(headerOf(answer, 'connection')).toBe('close');
      }
    }
    const denied = audit.lines.filter((event) => event.status === status);
    expect(denied.length).toBeGreaterThan(0);
    expect(denied.every(({ decision }) => decision === 'denied')).toBe(true);
  });

  it('a good token gets as far as the body', async () => {
    const token = issuer.tokenFor({ sub: 'auth0|good', scopes: ['create:expenses'] });
    const statuses = [];
    for (const [title, head, body] of bodies.slice(0, 5)) {
      const answer = await exchange(
        `POST /expenses HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\n${head}\r\n\r\n${body}`,
      );
      statuses.push([title, statusOf(answer)]);
    }
    expect(statuses.map(([, status]) => status).every((status) => Number(status) >= 400)).toBe(true);
    expect(statuses.slice(0, 3)).toEqual([
      ['broken JSON', 400],
      ['another type', 415],
      ['too long', 413],
    ]);
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
