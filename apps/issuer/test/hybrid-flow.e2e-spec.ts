import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { startIssuer, type RunningIssuer } from '../src/start-issuer.js';
import { Browser } from './support/browser.js';
import { AUDIENCE, CALLBACK, enterPassword, RelyingParty } from './support/relying-party.js';

/** How the original lab's web application asks: code id_token, form_post, no PKCE. */
describe('The hybrid flow with form_post', () => {
  let running: RunningIssuer;
  let lab: RelyingParty;

  beforeAll(async () => {
    running = await startIssuer({ port: 0 });
    lab = await RelyingParty.discover(running.issuer, 'lab-web');
    client.useCodeIdTokenResponseType(lab.configuration);
  });
  afterAll(() => running?.close());

  async function callback(nonce: string, state: string) {
    const browser = new Browser(running.issuer);
    const login = await browser.open(
      client.buildAuthorizationUrl(lab.configuration, {
        redirect_uri: CALLBACK,
        response_mode: 'form_post',
        scope: 'openid profile email offline_access read:reports',
        audience: AUDIENCE,
        nonce,
        state,
      }),
    );
    const consent = await enterPassword(browser, login, 'alice@example.com');
    // The second time, consent is not asked.
    return consent.heading === 'Allow access?' ? browser.press(consent, 'Accept') : consent;
  }

  it('posts a code and an ID token to the application, and the code gives tokens', async () => {
    const page = await callback('the-nonce', 'the-state');
    const { action, fields } = page.form('Continue');
    expect(action).toBe(CALLBACK);
    expect(decodeJwt(fields['id_token']!)).toMatchObject({
      nonce: 'the-nonce',
      aud: 'lab-web',
      c_hash: expect.any(String),
      name: 'Alice Adams',
    });

    const tokens = await client.authorizationCodeGrant(
      lab.configuration,
      new Request(action, { method: 'POST', body: new URLSearchParams(fields) }),
      { expectedNonce: 'the-nonce', expectedState: 'the-state' },
    );
    expect(decodeJwt(tokens.access_token)).toMatchObject({
      aud: [AUDIENCE, `${running.issuer}userinfo`],
      permissions: ['read:reports'],
    });
    expect(tokens.refresh_token).toEqual(expect.any(String));
  });

  it('is allowed by the policy of the page that posts: its script by hash, its target by origin', async () => {
    const page = await callback('n', 's');
    const policy = page.headers.get('content-security-policy');
    expect(policy).toMatch(/script-src 'self' 'sha256-[\w+/=]+'/);
    expect(policy).toMatch(/form-action 'self'[^;]* http:\/\/localhost:3000/);
  });

  it('is refused to applications that are not registered for it', async () => {
    const web = await RelyingParty.discover(running.issuer, 'expenses-web');
    client.useCodeIdTokenResponseType(web.configuration);
    const url = client.buildAuthorizationUrl(web.configuration, {
      redirect_uri: CALLBACK,
      scope: 'openid',
      nonce: 'n',
    });
    const page = await new Browser(running.issuer).open(url);
    expect(new URLSearchParams(page.url.hash.slice(1)).get('error')).toBe('invalid_request');
  });
});
