import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as client from 'openid-client';
import { startIssuer, type RunningIssuer } from '../src/start-issuer.js';
import { Browser } from './support/browser.js';
import { AUDIENCE, askUserinfo, oauthErrorOf, RelyingParty } from './support/relying-party.js';

const SCOPE = 'openid profile email offline_access read:reports create:expenses';

describe('The authorization code flow', () => {
  let running: RunningIssuer;
  let web: RelyingParty;
  let browser: Browser;

  beforeAll(async () => {
    running = await startIssuer({ port: 0 });
    web = await RelyingParty.discover(running.issuer, 'expenses-web');
  });
  beforeEach(() => {
    browser = new Browser(running.issuer);
  });
  afterAll(() => running?.close());

  it.each(['audience', 'resource'])(
    'gives a JWT for the API named in %s, and for /userinfo',
    async (name) => {
      const tokens = await web.logIn(browser, 'alice@example.com', { [name]: AUDIENCE, scope: SCOPE });
      expect(decodeProtectedHeader(tokens.access_token)).toMatchObject({ alg: 'RS256', typ: 'at+jwt' });
      expect(decodeJwt(tokens.access_token)).toMatchObject({
        iss: running.issuer,
        sub: 'auth0|alice',
        aud: [AUDIENCE, `${running.issuer}userinfo`],
        azp: 'expenses-web',
        scope: SCOPE,
        permissions: ['read:reports', 'create:expenses'],
      });
      expect(tokens.scope).toBe(SCOPE);
      expect(tokens.expires_in).toBe(3600);
      expect(running.issuer).toMatch(/^http:\/\/localhost:\d+\/$/);
    },
  );

  it('gives an ID token that says who the user is', async () => {
    const tokens = await web.logIn(browser, 'bob@example.com', { scope: 'openid profile email' });
    expect(tokens.claims()).toMatchObject({
      iss: running.issuer,
      sub: 'auth0|bob',
      aud: 'expenses-web',
      name: 'Bob Brown',
      email: 'bob@example.com',
      email_verified: true,
    });
  });

  it('gives a refresh token for offline_access in the scope alone, and none without it', async () => {
    const offline = await web.logIn(browser, 'alice@example.com', { scope: 'openid offline_access' });
    expect(offline.refresh_token).toEqual(expect.any(String));
    const online = await web.logIn(browser, 'alice@example.com', { scope: 'openid' });
    expect(online.refresh_token).toBeUndefined();
  });

  it('leaves out the permissions that the user does not have', async () => {
    const tokens = await web.logIn(browser, 'bob@example.com', { audience: AUDIENCE, scope: SCOPE });
    expect(decodeJwt(tokens.access_token)['permissions']).toEqual(['read:reports']);
    expect(tokens.scope).not.toContain('create:expenses');
  });

  it('gives an opaque access token when no API is asked for, which /userinfo answers', async () => {
    const tokens = await web.logIn(browser, 'alice@example.com', { scope: 'openid email read:reports' });
    expect(tokens.access_token).not.toContain('.');
    expect(tokens.scope).toBe('openid email');
    const userinfo = await client.fetchUserInfo(web.configuration, tokens.access_token, 'auth0|alice');
    expect(userinfo).toEqual({ sub: 'auth0|alice', email: 'alice@example.com', email_verified: true });
  });

  describe('/userinfo', () => {
    it('answers a JWT whose audience names it', async () => {
      const tokens = await web.logIn(browser, 'alice@example.com', {
        audience: AUDIENCE,
        scope: 'openid profile',
      });
      const response = await askUserinfo(running.issuer, tokens.access_token);
      expect(await response.json()).toEqual({ sub: 'auth0|alice', name: 'Alice Adams', nickname: 'alice' });
    });

    it('refuses a JWT for the API alone', async () => {
      const tokens = await client.clientCredentialsGrant(
        (await RelyingParty.discover(running.issuer, 'lab-cli')).configuration,
        { audience: AUDIENCE },
      );
      const response = await askUserinfo(running.issuer, tokens.access_token);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toContain('invalid_token');
    });

    it('refuses an ID token and a JWT whose content was changed', async () => {
      const tokens = await web.logIn(browser, 'alice@example.com', { audience: AUDIENCE, scope: 'openid' });
      const [header, payload, signature] = tokens.access_token.split('.');
      const claims: object = JSON.parse(Buffer.from(payload!, 'base64url').toString());
      const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'auth0|bob' })).toString('base64url');
      expect((await askUserinfo(running.issuer, `${header}.${forged}.${signature}`)).status).toBe(401);
      expect((await askUserinfo(running.issuer, tokens.id_token!)).status).toBe(401);
      expect((await askUserinfo(running.issuer, tokens.access_token)).status).toBe(200);
    });
  });

  it('refuses an API that the tenant does not have', async () => {
    const request = await web.request({ audience: 'https://other-api', scope: 'openid' });
    const answer = await browser.open(request.url);
    expect(await oauthErrorOf(request.redeem(answer))).toBe('invalid_target');
  });

  it('shows an error and does not redirect when the redirect URI is not registered', async () => {
    const request = await web.request({ scope: 'openid', redirect_uri: 'http://localhost:3000/other' });
    const page = await browser.open(request.url);
    expect(page.status).toBe(400);
    expect(page.text).toContain('invalid_redirect_uri');
  });

  it('demands PKCE of public applications, whose scripts may call the token endpoint from their origin only', async () => {
    const redirectUri = 'http://localhost:3001/docs/oauth2-redirect.html';
    const docs = await RelyingParty.discover(running.issuer, 'expenses-docs');
    const plain = client.buildAuthorizationUrl(docs.configuration, {
      redirect_uri: redirectUri,
      scope: 'openid',
    });
    expect((await browser.open(plain)).url.searchParams.get('error')).toBe('invalid_request');

    const tokens = await docs.logIn(browser, 'alice@example.com', {
      redirect_uri: redirectUri,
      audience: AUDIENCE,
      scope: 'openid read:reports',
    });
    expect(decodeJwt(tokens.access_token)).toMatchObject({
      azp: 'expenses-docs',
      permissions: ['read:reports'],
    });

    const callFrom = (origin: string) =>
      fetch(`${running.issuer}oauth/token`, {
        method: 'POST',
        headers: { origin },
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          client_id: 'expenses-docs',
          code: 'x',
        }),
      });
    const own = await callFrom('http://localhost:3001');
    expect(own.headers.get('access-control-allow-origin')).toBe('http://localhost:3001');
    const other = await callFrom('http://localhost:9999');
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('answers preflight requests of the token endpoint', async () => {
    const response = await fetch(`${running.issuer}oauth/token`, {
      method: 'OPTIONS',
      headers: { origin: 'http://localhost:3001', 'access-control-request-method': 'POST' },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-methods')).toContain('POST');
  });
});
