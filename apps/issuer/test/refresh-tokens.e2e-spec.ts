import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { startIssuer, type RunningIssuer } from '../src/start-issuer.js';
import { Browser } from './support/browser.js';
import { AUDIENCE, oauthErrorOf, RelyingParty } from './support/relying-party.js';

const REQUEST = { audience: AUDIENCE, scope: 'openid offline_access read:reports create:expenses' };

describe('Refresh tokens', () => {
  let running: RunningIssuer;
  let browser: Browser;

  beforeAll(async () => {
    running = await startIssuer({ port: 0 });
  });
  beforeEach(() => {
    browser = new Browser(running.issuer);
  });
  afterAll(() => running?.close());

  describe('of an application with rotation', () => {
    let web: RelyingParty;
    beforeAll(async () => {
      web = await RelyingParty.discover(running.issuer, 'expenses-web');
    });

    it('are replaced at each use and give a token for the same API', async () => {
      const first = await web.logIn(browser, 'alice@example.com', REQUEST);
      const second = await web.refresh(first.refresh_token);
      expect(second.refresh_token).toEqual(expect.any(String));
      expect(second.refresh_token).not.toBe(first.refresh_token);
      expect(decodeJwt(second.access_token)).toMatchObject({
        sub: 'auth0|alice',
        aud: [AUDIENCE, `${running.issuer}userinfo`],
        scope: 'openid offline_access read:reports create:expenses',
      });
      expect((await web.refresh(second.refresh_token)).access_token).toEqual(expect.any(String));
    });

    it('die, with those that replaced them, when one is used twice; the consent stays', async () => {
      const first = await web.logIn(browser, 'alice@example.com', REQUEST);
      const second = await web.refresh(first.refresh_token);
      expect(await oauthErrorOf(web.refresh(first.refresh_token))).toBe('invalid_grant');
      expect(await oauthErrorOf(web.refresh(second.refresh_token))).toBe('invalid_grant');
      const page = await browser.open((await web.request(REQUEST)).url);
      expect(page.url.searchParams.get('code')).toEqual(expect.any(String));
    });

    it('give less when less is asked for, and nothing when more is', async () => {
      const first = await web.logIn(browser, 'alice@example.com', REQUEST);
      const narrowed = await web.refresh(first.refresh_token, { scope: 'openid read:reports' });
      expect(decodeJwt(narrowed.access_token)['permissions']).toEqual(['read:reports']);
      const more = web.refresh(narrowed.refresh_token, { scope: 'openid delete:expenses' });
      expect(await oauthErrorOf(more)).toBe('invalid_scope');
    });

    it('are of no use to another application', async () => {
      const lab = await RelyingParty.discover(running.issuer, 'lab-web');
      const tokens = await web.logIn(browser, 'alice@example.com', REQUEST);
      expect(await oauthErrorOf(lab.refresh(tokens.refresh_token))).toBe('invalid_grant');
    });

    it('die when the application revokes them (RFC 7009)', async () => {
      const tokens = await web.logIn(browser, 'alice@example.com', REQUEST);
      await client.tokenRevocation(web.configuration, tokens.refresh_token!);
      expect(await oauthErrorOf(web.refresh(tokens.refresh_token))).toBe('invalid_grant');
    });

    it('outlive the log out of the browser', async () => {
      const tokens = await web.logIn(browser, 'alice@example.com', REQUEST);
      await browser.open('/v2/logout?client_id=expenses-web');
      expect((await web.refresh(tokens.refresh_token)).access_token).toEqual(expect.any(String));
    });
  });

  it('of an application without rotation stay the same and can be used again', async () => {
    const lab = await RelyingParty.discover(running.issuer, 'lab-web');
    const first = await lab.logIn(browser, 'alice@example.com', REQUEST);
    const second = await lab.refresh(first.refresh_token);
    expect(second.refresh_token ?? first.refresh_token).toBe(first.refresh_token);
    expect((await lab.refresh(first.refresh_token)).access_token).toEqual(expect.any(String));
  });
});
