import { createSecretKey, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createTestDatabase } from '../../src/testing/test-database.js';
import { takeSigningKey } from '../../src/testing/signing-key.js';
import { LogLines } from '../support/log-lines.js';
import { createTestApp } from '../support/test-app.js';
import { AUDIT_STREAM } from '../../src/audit/audit.tokens.js';

const LOGOUT = 'http://schemas.openid.net/event/backchannel-logout';
const scopes = ['read:reports'];
const audit = new LogLines();

let issuer: TestIssuer;
let service: TestApp;

beforeAll(async () => {
  issuer = await startTestIssuer();
  service = await createTestApp({
    issuer,
    variables: { REVOCATION: 'on' },
    override: (module) => module.overrideProvider(AUDIT_STREAM).useValue(audit),
  });
});
afterAll(async () => {
  await service?.close();
  await issuer?.close();
});

const now = () => Math.floor(Date.now() / 1000);

/** The claims of a good logout token, and others. */
const notice = (claims: object = {}) => ({
  iss: issuer.url,
  aud: issuer.audience,
  iat: now(),
  exp: now() + 120,
  jti: randomUUID(),
  events: { [LOGOUT]: {} },
  sub: 'auth0|carol',
  ...claims,
});
const logoutToken = (claims?: object, header: object = {}) =>
  issuer.sign({ typ: 'logout+jwt', ...header }, notice(claims));
const send = (payload: string, contentType = 'application/x-www-form-urlencoded', to = service) =>
  to.app.inject({
    method: 'POST',
    url: '/backchannel-logout',
    headers: { 'content-type': contentType },
    payload,
  });
const tell = (token: string, to?: TestApp) =>
  send(new URLSearchParams({ logout_token: token }).toString(), undefined, to);
const status = async (token: string, of = service) => (await of.get('/', token)).statusCode;
/** Issued a moment ago, as tokens are that somebody revokes. */
const tokenOf = (claims: object) => issuer.tokenFor({ scopes, iat: now() - 30, ...claims });

describe('a logout token', () => {
  it('ends every token of the subject that was issued until then, remembered ones as well', async () => {
    const sub = randomUUID();
    const [remembered, unseen] = [tokenOf({ sub }), tokenOf({ sub })];
    expect(await status(remembered)).toBe(200);
    const answer = await tell(logoutToken({ sub }));
    expect([answer.statusCode, answer.body, answer.headers['cache-control']]).toEqual([200, '', 'no-store']);
    for (const token of [remembered, unseen]) {
      const refused = await service.get('/', token);
      expect(refused.statusCode).toBe(401);
      expect(refused.headers['www-authenticate']).toContain(
        'error_description="The access token has been revoked"',
      );
    }
    expect(await status(tokenOf({ sub, iat: now() + 2 }))).toBe(200);
    expect(await status(tokenOf({ sub: `${sub}2` }))).toBe(200);
    expect(audit.lines.at(-1)).toMatchObject({ subject: sub, decision: 'denied', reason: 'revoked_token' });
  });

  it('of a session ends that session, and tokens of its subject that do not say of which they are', async () => {
    const [sub, sid] = [randomUUID(), randomUUID()];
    expect((await tell(logoutToken({ sub, sid }))).statusCode).toBe(200);
    expect(await status(tokenOf({ sub, sid }))).toBe(401);
    // Nothing is issued in a session that has ended, whatever a clock says.
    expect(await status(tokenOf({ sub, sid, iat: now() + 5 }))).toBe(401);
    expect(await status(tokenOf({ sub, sid: randomUUID() }))).toBe(200);
    expect(await status(tokenOf({ sub }))).toBe(401);
  });

  it('may name a session only', async () => {
    const sid = randomUUID();
    expect((await tell(logoutToken({ sub: undefined, sid }))).statusCode).toBe(200);
    expect(await status(tokenOf({ sid }))).toBe(401);
  });

  it('ends a token of the very second, and none of the next one', async () => {
    const sub = randomUUID();
    const iat = now() - 20;
    await tell(logoutToken({ sub, iat }));
    expect(await status(tokenOf({ sub, iat }))).toBe(401);
    expect(await status(tokenOf({ sub, iat: iat + 1 }))).toBe(200);
  });

  it('ends a token that does not say when it was issued', async () => {
    const sub = randomUUID();
    await tell(logoutToken({ sub }));
    expect(await status(tokenOf({ sub, iat: undefined }))).toBe(401);
  });

  it('is taken of several audiences, in any spelling of its type, and without one', async () => {
    for (const typ of ['LOGOUT+JWT', 'application/logout+jwt', 'JWT', undefined]) {
      const token = logoutToken({ aud: ['https://other', issuer.audience] }, { typ });
      expect((await tell(token)).statusCode).toBe(200);
    }
  });

  it('is good once', async () => {
    const token = logoutToken();
    expect((await tell(token)).statusCode).toBe(200);
    const again = await tell(token);
    expect(again.statusCode).toBe(400);
    expect(again.json()).toMatchObject({
      code: 'invalid_logout_token',
      detail: 'The logout token has been used before',
    });
  });

  it.each<[string, string, object, object?]>([
    ['without events', 'does not tell of a logout', { events: undefined }],
    ['with other events', 'does not tell of a logout', { events: { 'https://example.com/event': {} } }],
    ['with events in a list', 'does not tell of a logout', { events: [LOGOUT] }],
    ['with events in text', 'does not tell of a logout', { events: LOGOUT }],
    ['with an event that is no object', 'does not tell of a logout', { events: { [LOGOUT]: true } }],
    ['with null for an event', 'does not tell of a logout', { events: { [LOGOUT]: null } }],
    ['with a nonce', 'has no nonce', { nonce: 'n' }],
    ['with an empty nonce', 'has no nonce', { nonce: null }],
    ['of another issuer', 'another issuer', { iss: 'https://other.example.com/' }],
    ['for another audience', 'another audience', { aud: 'https://other' }],
    ['for a part of our name', 'another audience', { aud: 'https://expenses' }],
    ['for no audience', 'another audience', { aud: undefined }],
    ['for an empty list of audiences', 'another audience', { aud: [] }],
    ['that has expired', 'expired', { exp: now() - 60 }],
    ['without exp', 'lacks a required claim', { exp: undefined }],
    ['with exp in text', 'lacks a required claim', { exp: '9999999999' }],
    ['that is old', 'too long ago', { iat: now() - 3600 }],
    ['without iat', 'lacks a required claim', { iat: undefined }],
    ['of the future', 'in the future', { iat: now() + 3600 }],
    ['without jti', 'lacks a required claim', { jti: undefined }],
    ['with a number for jti', 'lacks a required claim', { jti: 7 }],
    ['of nobody', 'lacks a required claim', { sub: undefined }],
    ['of an empty subject', 'lacks a required claim', { sub: '' }],
    ['of a list of subjects', 'lacks a required claim', { sub: ['auth0|carol'] }],
    ['of a session that is a number', 'lacks a required claim', { sid: 5 }],
    ['of the type of an access token', 'not of the type', {}, { typ: 'at+jwt' }],
    ['of the type of a DPoP proof', 'not of the type', {}, { typ: 'dpop+jwt' }],
    ['with a critical header', 'header parameter', {}, { crit: ['exp'] }],
    ['with another kid', 'signature', {}, { kid: 'no-such-key' }],
    ['whose kid is a number', 'malformed', {}, { kid: 1 }],
  ])('%s is refused', async (_title, said, ...forged) => {
    const answer = await tell(logoutToken(...forged));
    expect(answer.statusCode).toBe(400);
    expect(answer.json<{ detail: string }>().detail).toContain(said);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  });

  it('that is not signed by the issuer is refused', async () => {
    const { privateKey } = await takeSigningKey();
    const header = { typ: 'logout+jwt' };
    expect((await tell(issuer.sign(header, notice(), privateKey))).json()).toMatchObject({
      detail: 'The signature of the logout token does not fit',
    });
    const secret = createSecretKey('public', 'utf8');
    expect((await tell(issuer.sign({ ...header, alg: 'HS256' }, notice(), secret))).statusCode).toBe(400);
    const unsigned = `${issuer.sign({ ...header, alg: 'none' }, notice())}AAAA`;
    expect((await tell(unsigned)).statusCode).toBe(400);
  });

  it('is no access token, and no access token is one', async () => {
    expect(await status(logoutToken({ scope: 'read:reports', sub: 'auth0|alice' }))).toBe(401);
    expect(await status(logoutToken({ scope: 'read:reports' }, { typ: 'JWT' }))).toBe(401);
    const sub = randomUUID();
    const token = tokenOf({ sub });
    expect((await tell(token)).statusCode).toBe(400);
    expect(await status(token)).toBe(200);
  });

  it.each([
    ['nothing', ''],
    ['another field', 'token=x'],
    ['an empty token', 'logout_token='],
    ['words', 'logout_token=a.b.c'],
    ['an access token in the form', 'access_token=x'],
  ])('is needed, and not %s', async (_title, payload) => {
    expect((await send(payload)).statusCode).toBe(400);
  });

  it('is sent once, as a form', async () => {
    const token = logoutToken();
    expect((await send(`logout_token=${token}&logout_token=${token}`)).statusCode).toBe(400);
    expect((await send(JSON.stringify({ logout_token: token }), 'application/json')).statusCode).toBe(400);
    expect(await send(token, 'text/plain')).toMatchObject({
      statusCode: 415,
      headers: { accept: 'application/x-www-form-urlencoded' },
    });
    const query = await service.app.inject({
      method: 'POST',
      url: `/backchannel-logout?logout_token=${token}`,
    });
    expect(query.statusCode).toBe(400);
    expect((await tell(`${token}${'A'.repeat(20_000)}`)).statusCode).toBe(413);
  });
});

it('nothing of a logout is there unless it is turned on', async () => {
  const plain = await createTestApp({ issuer });
  const answer = await plain.app.inject({ method: 'POST', url: '/backchannel-logout' });
  await plain.close();
  expect(answer.statusCode).toBe(404);
});

it('strangers who send logout tokens again and again have to wait', async () => {
  const limited = await createTestApp({
    issuer,
    variables: { REVOCATION: 'on', FAILED_AUTH_LIMIT: '5' },
  });
  const attempt = (remoteAddress: string) =>
    limited.app.inject({
      method: 'POST',
      url: '/backchannel-logout',
      remoteAddress,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: `logout_token=${logoutToken({ aud: 'https://other' })}`,
    });
  const statuses: number[] = [];
  for (let count = 0; count < 10; count += 1) statuses.push((await attempt('203.0.113.9')).statusCode);
  expect(statuses.slice(0, 5)).toEqual([400, 400, 400, 400, 400]);
  expect(statuses.at(-1)).toBe(429);
  expect((await attempt('203.0.113.10')).statusCode).toBe(400);
  await limited.close();
});

it('the clock decides at each request whether a token is older than what was revoked', async () => {
  const sub = randomUUID();
  const token = tokenOf({ sub });
  expect(await status(token)).toBe(200);
  const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
  await tell(logoutToken({ sub }));
  clock.mockRestore();
  expect(await status(token)).toBe(401);
});

describe('what was revoked', () => {
  const database = createTestDatabase();
  const start = async () =>
    createTestApp({ issuer, variables: { REVOCATION: 'on', DATABASE_URL: (await database).url } });
  afterAll(async () => (await database).drop());

  it('is known to the next process with its first request', async () => {
    const sub = randomUUID();
    const before = await start();
    expect((await tell(logoutToken({ sub }), before)).statusCode).toBe(200);
    await before.close();
    const after = await start();
    const answered = await status(tokenOf({ sub }), after);
    await after.close();
    expect(answered).toBe(401);
  });

  it('is not asked for any more when the application has been closed', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    await (await start()).close();
    await pause(600);
    const said = warn.mock.calls.map(([text]) => String(text));
    warn.mockRestore();
    expect(said.filter((text) => text.includes('which tokens are revoked'))).toEqual([]);
  });
});
