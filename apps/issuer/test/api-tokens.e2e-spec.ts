import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { startIssuer, type RunningIssuer } from '../src/start-issuer.js';
import { readTenant, TENANT_FILE } from '../src/tenant.js';
import type { ParsedTenant } from '../src/tenant.schema.js';
import { Browser } from './support/browser.js';
import { AUDIENCE, CALLBACK, enterPassword, oauthErrorOf, RelyingParty } from './support/relying-party.js';

const ALICE = 'alice@example.com';
const READ = { audience: AUDIENCE, scope: 'openid offline_access read:reports' };

const policyOf = (page: { headers: Headers }) => page.headers.get('content-security-policy') ?? '';

describe('Access tokens for an API', () => {
  let running: RunningIssuer;
  let web: RelyingParty;
  let browser: Browser;

  async function start(change?: (tenant: ParsedTenant) => void, requireDpopNonce = false): Promise<void> {
    await running?.close();
    const tenant = readTenant(TENANT_FILE);
    change?.(tenant);
    running = await startIssuer({ port: 0, tenant, requireDpopNonce });
    web = await RelyingParty.discover(running.issuer, 'expenses-web');
    browser = new Browser(running.issuer);
  }
  afterAll(() => running?.close());

  it.each(['PS256', 'ES256', 'EdDSA'] as const)(
    'are signed by %s where the tenant says so',
    async (algorithm) => {
      await start((tenant) => (tenant.apis[0]!.signingAlgorithm = algorithm));
      const tokens = await web.logIn(browser, ALICE, READ);
      const { access_token: token } = tokens;
      expect(decodeProtectedHeader(token).alg).toBe(algorithm);
      expect(tokens.claims()?.sub).toBe('auth0|alice');
      const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', running.issuer));
      await jwtVerify(token, keys, { algorithms: [algorithm], audience: AUDIENCE });
      await running.rotateKeys();
      const renewed = await web.logIn(browser, ALICE, READ);
      expect(decodeProtectedHeader(renewed.access_token).kid).not.toBe(decodeProtectedHeader(token).kid);
    },
  );

  describe('of the tenant as it comes', () => {
    beforeAll(() => start());
    beforeEach(() => {
      browser = new Browser(running.issuer);
    });

    it.each(['http://localhost:3001', 'http://localhost:3001/'])(
      'may be asked for by its URL %s',
      async (url) => {
        const { access_token: token } = await web.logIn(
          browser,
          ALICE,
          { resource: url, scope: 'openid read:reports' },
          { resource: url },
        );
        expect(decodeJwt(token).aud).toEqual([AUDIENCE, url, `${running.issuer}userinfo`]);
        const machine = await RelyingParty.discover(running.issuer, 'lab-cli');
        const own = await client.clientCredentialsGrant(machine.configuration, { resource: url });
        expect(decodeJwt(own.access_token).aud).toContain(AUDIENCE);
        const other = client.clientCredentialsGrant(machine.configuration, {
          resource: 'http://localhost:3009',
        });
        expect(await oauthErrorOf(other)).toBe('invalid_target');
      },
    );

    it('say how and when the user logged in, also after a renewal (RFC 9068, 2.2.1)', async () => {
      const before = Math.floor(Date.now() / 1000);
      const tokens = await web.logIn(browser, ALICE, READ);
      const { acr, auth_time: authTime, sid } = decodeJwt(tokens.access_token);
      expect(acr).toBe('password');
      expect(authTime).toBeGreaterThanOrEqual(before);
      expect(sid).toBe(tokens.claims()?.['sid']);
      const renewed = await web.refresh(tokens.refresh_token);
      expect(decodeJwt(renewed.access_token)).toMatchObject({ acr, auth_time: authTime, sid });
    });

    it.each([
      ['a login that is too old (max_age)', { max_age: '0' }],
      ['another way to log in (acr_values)', { acr_values: 'hardware-key' }],
      ['prompt=login', { prompt: 'login' }],
    ])('need the password again for %s, and once', async (_reason, parameters) => {
      await web.logIn(browser, ALICE, READ);
      const request = await web.request({ ...READ, ...parameters });
      const login = await browser.open(request.url);
      expect(login.heading).toBe('Log in');
      const answer = await enterPassword(browser, login, ALICE);
      expect(answer.url.href).toContain(`${CALLBACK}?code=`);
    });

    it('need no password for the way in which the user did log in', async () => {
      await web.logIn(browser, ALICE, READ);
      const page = await browser.open(
        (await web.request({ ...READ, acr_values: 'password', max_age: '60' })).url,
      );
      expect(page.url.href).toContain(`${CALLBACK}?code=`);
    });
  });

  it('are bound to the key of a client that proves one (RFC 9449), with a nonce of ours if need be', async () => {
    await start(undefined, true);
    const machine = await RelyingParty.discover(running.issuer, 'lab-cli');
    const DPoP = client.getDPoPHandle(machine.configuration, await client.randomDPoPKeyPair());
    const grant = () =>
      client.clientCredentialsGrant(machine.configuration, { audience: AUDIENCE }, { DPoP });
    // openid-client sends the request again with the nonce of the refusal.
    const tokens = await grant();
    expect(tokens.token_type).toBe('dpop');
    expect(decodeJwt(tokens.access_token)['cnf']).toEqual({ jkt: await DPoP.calculateThumbprint() });
    const bearer = await client.clientCredentialsGrant(machine.configuration, { audience: AUDIENCE });
    expect(bearer.token_type).toBe('bearer');
  });

  describe('end', () => {
    let listener: Server;
    const received: string[] = [];

    beforeAll(async () => {
      listener = createServer((request, response) => {
        void (async () => {
          const chunks: Buffer[] = [];
          for await (const chunk of request) chunks.push(chunk as Buffer);
          received.push(new URLSearchParams(Buffer.concat(chunks).toString()).get('logout_token') ?? '');
          response.end();
        })();
      });
      await once(listener.listen(0, 'localhost'), 'listening');
      const uri = `http://localhost:${(listener.address() as AddressInfo).port}/backchannel-logout`;
      await start((tenant) => (tenant.apis[0]!.backchannelLogoutUri = uri));
    });
    beforeEach(() => {
      received.length = 0;
      browser = new Browser(running.issuer);
    });
    afterAll(() => listener?.close());

    async function logoutToken() {
      expect(received).toHaveLength(1);
      const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', running.issuer));
      const options = {
        issuer: running.issuer,
        audience: AUDIENCE,
        typ: 'logout+jwt',
        algorithms: ['RS256'],
      };
      const { payload } = await jwtVerify(received[0]!, keys, options);
      expect(payload['events']).toEqual({ 'http://schemas.openid.net/event/backchannel-logout': {} });
      expect(payload['nonce']).toBeUndefined();
      return payload;
    }

    it('with the consent: the API is told of the user before the page says so', async () => {
      await web.logIn(browser, ALICE, READ);
      const page = await browser.open('/applications');
      const after = await browser.press(page, 'Revoke access of Expenses web application');
      expect(after.text).toContain('Access revoked');
      expect(await logoutToken()).toMatchObject({ sub: 'auth0|alice' });
    });

    it('with the session: the API is told which one', async () => {
      const tokens = await web.logIn(browser, ALICE, READ);
      await browser.open(client.buildEndSessionUrl(web.configuration, { id_token_hint: tokens.id_token! }));
      expect(await logoutToken()).toMatchObject({ sub: 'auth0|alice', sid: tokens.claims()?.['sid'] });
    });

    it('one permission at a time, when the user takes only that back', async () => {
      const all = { audience: AUDIENCE, scope: 'openid offline_access read:reports create:expenses' };
      const tokens = await web.logIn(browser, ALICE, all);
      const page = await browser.open('/applications');
      const after = await browser.press(
        page,
        'Take back from Expenses web application: Add expenses to your reports',
      );
      expect(after.text).not.toContain('Add expenses to your reports');
      expect(after.text).toContain('Read your expense reports');
      expect((await web.refresh(tokens.refresh_token)).scope).toBe('openid offline_access read:reports');
      const consent = await browser.open((await web.request(all)).url);
      expect(consent.list('What is asked for')).toEqual(['Add expenses to your reports']);
      const last = await browser.open('/applications');
      await browser.press(last, 'Take back from Expenses web application: Read your expense reports');
      expect((await browser.open('/applications')).text).toContain('You have not allowed any application');
    });
  });
});

describe('A client that listens on another port of this machine', () => {
  let running: RunningIssuer;
  beforeEach(async () => {
    running = await startIssuer({ port: 0 });
  });
  afterEach(() => running?.close());

  it.each(['query', 'form_post'])('gets its answer there (%s): the pages may post to it', async (mode) => {
    const browser = new Browser(running.issuer);
    const request = new URLSearchParams({
      client_id: 'lab-web',
      redirect_uri: 'http://localhost:4567/callback',
      response_type: mode === 'form_post' ? 'code id_token' : 'code',
      response_mode: mode,
      scope: 'openid profile',
      nonce: 'n',
      state: 's',
    });
    const login = await browser.open(`/authorize?${request}`);
    expect(policyOf(login)).toMatch(/form-action [^;]*http:\/\/localhost:4567/);
    const consent = await enterPassword(browser, login, ALICE);
    expect(consent.text).toContain('Either answer returns you to localhost:4567');
    const answer = await browser.press(consent, 'Accept');
    if (mode === 'form_post') expect(policyOf(answer)).toMatch(/form-action [^;]*http:\/\/localhost:4567/);
    else expect(answer.url.origin).toBe('http://localhost:4567');
  });
});
