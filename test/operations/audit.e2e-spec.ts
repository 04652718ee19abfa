import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { rawRequest } from '../support/raw-request.js';
import { createTestApp } from '../support/test-app.js';

const expense = { date: '2026-03-01', description: 'Train to Rome', value: 42, currency: 'EUR' };

/** An event in a line. */
const wordsOf = ({ action, decision, status, reason, count }: Record<string, unknown>) =>
  [action, decision ?? '-', reason, status ?? `${String(count)} more`].join(' ');

describe('the audit log', () => {
  const folder = mkdtempSync(join(tmpdir(), 'expenses-audit-'));
  const file = join(folder, 'audit', 'audit.log');
  let issuer: TestIssuer | undefined;
  let app: TestApp | undefined;

  beforeAll(async () => {
    issuer = await startTestIssuer();
    app = await createTestApp({ issuer, variables: { AUDIT_LOG: file, RATE_LIMIT: '6' } });
  });
  afterAll(async () => {
    await app?.close();
    await issuer?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The events of one request. */
  const eventsOf = ({ headers }: { headers: Record<string, unknown> }) =>
    (existsSync(file) ? readFileSync(file, 'utf8') : '')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((event) => event.requestId === headers['x-request-id']);

  it('has one event for a write: who, by which application, what, and that it was allowed', async () => {
    const token = issuer!.tokenFor({ sub: 'auth0|alice', scopes: ['create:expenses', 'delete:expenses'] });
    const created = await app!.inject({ method: 'POST', url: '/expenses', payload: expense }, token);
    expect(created.statusCode).toBe(201);
    expect(eventsOf(created)).toEqual([
      {
        level: 'info',
        time: expect.any(Number),
        type: 'audit',
        requestId: created.headers['x-request-id'],
        issuer: issuer!.url,
        subject: 'auth0|alice',
        clientId: 'expenses-web',
        action: 'POST /expenses',
        resource: created.json<{ id: string }>().id,
        decision: 'allowed',
        status: 201,
      },
    ]);
    const { id } = created.json<{ id: string }>();
    const deleted = await app!.inject({ method: 'DELETE', url: `/expenses/${id}` }, token);
    expect(eventsOf(deleted)).toMatchObject([{ action: 'DELETE /expenses/:id', resource: id }]);
  });

  it('has no event for a read that is allowed', async () => {
    const read = await app!.get('/', issuer!.tokenFor({ scopes: ['read:reports'] }));
    expect(read.statusCode).toBe(200);
    expect(eventsOf(read)).toEqual([]);
  });

  it('has one event for a denial, with its reason, and where an unknown caller came from', async () => {
    const expired = await app!.get('/', issuer!.tokenFor({ sub: 'auth0|mallory', exp: 1 }));
    expect(eventsOf(expired)).toMatchObject([
      { decision: 'denied', status: 401, reason: 'token_expired', address: '127.0.0.1', action: 'GET /' },
    ]);
    expect(JSON.stringify(eventsOf(expired))).not.toContain('mallory');
    const none = await app!.get('/');
    expect(eventsOf(none)).toMatchObject([{ decision: 'denied', reason: 'missing_token' }]);
  });

  it('names who was denied when the token was genuine', async () => {
    const denied = await app!.get('/', issuer!.tokenFor({ sub: 'auth0|bob' }));
    expect(eventsOf(denied)).toMatchObject([
      { decision: 'denied', status: 403, reason: 'insufficient_scope', subject: 'auth0|bob' },
    ]);
    expect(eventsOf(denied)[0]).not.toHaveProperty('address');
  });

  it('has one event for a request too many', async () => {
    const token = issuer!.tokenFor({ sub: 'auth0|eager', scopes: ['read:reports'] });
    for (let sent = 0; sent < 6; sent += 1) await app!.get('/', token);
    const refused = await app!.get('/', token);
    expect(eventsOf(refused)).toMatchObject([{ decision: 'denied', status: 429, subject: 'auth0|eager' }]);
  });

  it('can be read by its owner only', () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('has an event before each write with AUDIT_REQUIRED=true, and none before what turns out to write nothing', async () => {
    const own = join(folder, 'required.log');
    const variables = { AUDIT_LOG: own, AUDIT_REQUIRED: 'true', REVOCATION: 'on', RATE_LIMIT: '0' };
    const service = await createTestApp({ issuer: issuer!, variables });
    const token = issuer!.tokenFor({ sub: 'auth0|alice', scopes: ['create:expenses'] });
    const post = (url: string, payload: object, bearer?: string) =>
      service.inject({ method: 'POST', url, payload }, bearer);
    const logOut = (logoutToken: string) =>
      service.inject({
        method: 'POST',
        url: '/backchannel-logout',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: new URLSearchParams({ logout_token: logoutToken }).toString(),
      });
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: issuer!.url,
      aud: issuer!.audience,
      iat: now,
      exp: now + 60,
      jti: 'x',
      sub: 'auth0|bob',
    };
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    const notice = issuer!.sign({ typ: 'logout+jwt' }, { ...claims, events });
    expect((await post('/expenses', expense)).statusCode).toBe(401);
    expect((await post('/nowhere', expense)).statusCode).toBe(404);
    expect((await service.inject({ method: 'PUT', url: '/currencies' })).statusCode).toBe(405);
    expect((await logOut('a.b.c')).statusCode).toBe(400);
    expect((await post('/expenses', expense, token)).statusCode).toBe(201);
    expect((await logOut(notice)).statusCode).toBe(200);
    expect((await logOut(notice)).statusCode).toBe(400);
    await service.close();
    const lines = readFileSync(own, 'utf8').trim().split('\n');
    const written = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .map(({ action, decision }) => [action, decision ?? '-'].join(' '));
    expect(written).toEqual([
      'POST /expenses denied',
      'POST (no route) -',
      'PUT (no route) -',
      'POST /backchannel-logout -',
      'POST /expenses pending',
      'POST /expenses allowed',
      'POST /backchannel-logout pending',
      'POST /backchannel-logout allowed',
      'POST /backchannel-logout -',
    ]);
  });

  it('has one event a minute, and a count, for what anybody can send', async () => {
    const own = join(folder, 'strangers.log');
    const variables = { AUDIT_LOG: own, FAILED_AUTH_LIMIT: '2', RATE_LIMIT: '0' };
    const service = await createTestApp({ issuer: issuer!, variables });
    const url = await service.listen();
    const forged = { authorization: 'Bearer a.b.c' };
    for (let sent = 0; sent < 5; sent += 1) {
      await fetch(url);
      await fetch(`${url}/nowhere`);
      await fetch(`${url}/nowhere`, { method: 'POST', body: 'x' });
      await fetch(`${url}/currencies`, { method: 'PUT' });
      await rawRequest(url, 'DELETE /expenses HTTP/1.1', ['host: a b']);
    }
    for (let sent = 0; sent < 7; sent += 1) await fetch(url, { headers: forged });
    await service.close();
    const events = readFileSync(own, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(wordsOf).toSorted()).toEqual([
      'DELETE /expenses - malformed_request 4 more',
      'DELETE /expenses - malformed_request 400',
      'GET / denied malformed_token 401',
      'GET / denied malformed_token 401',
      'GET / denied malformed_token 401',
      'GET / denied missing_token 4 more',
      'GET / denied missing_token 401',
      'GET / denied too_many_failures 3 more',
      'GET / denied too_many_failures 429',
      'POST (no route) - not_found 4 more',
      'POST (no route) - not_found 404',
      'PUT (no route) - method_not_allowed 4 more',
      'PUT (no route) - method_not_allowed 405',
    ]);
  });
});
