import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { startIssuer, type RunningIssuer } from '../src/start-issuer.js';
import { Browser, type Page } from './support/browser.js';
import { RelyingParty } from './support/relying-party.js';

const HOME = 'http://localhost:3000/';

describe('Log out', () => {
  let running: RunningIssuer;
  let web: RelyingParty;
  let browser: Browser;
  let idToken: string;

  beforeAll(async () => {
    running = await startIssuer({ port: 0 });
    web = await RelyingParty.discover(running.issuer, 'expenses-web');
  });
  beforeEach(async () => {
    browser = new Browser(running.issuer);
    const tokens = await web.logIn(browser, 'alice@example.com', { scope: 'openid' });
    idToken = tokens.id_token!;
  });
  afterAll(() => running?.close());

  async function isLoggedIn(): Promise<boolean> {
    const page = await browser.open((await web.request({ scope: 'openid', prompt: 'none' })).url);
    return page.url.searchParams.get('error') !== 'login_required';
  }

  function auth0Logout(parameters: Record<string, string>): Promise<Page> {
    return browser.open(`/v2/logout?${new URLSearchParams(parameters).toString()}`);
  }

  function standardLogout(parameters: Record<string, string>): Promise<Page> {
    return browser.open(client.buildEndSessionUrl(web.configuration, parameters));
  }

  describe('by /v2/logout, as at Auth0', () => {
    it.each(['http://localhost:3000', HOME, `${HOME}?from=logout`])(
      'ends the session and returns to %s',
      async (returnTo) => {
        const page = await auth0Logout({ client_id: 'expenses-web', returnTo });
        expect(page.url.href).toBe(new URL(returnTo).href);
        expect(await isLoggedIn()).toBe(false);
      },
    );

    it.each([
      'http://localhost:3001/',
      'http://localhost:3000.example.com/',
      'http://localhost:3000@example.com/',
      'http://user@localhost:3000/',
      'https://localhost:3000/',
      '//example.com/',
      'javascript:alert(1)',
      'not a URL',
    ])('does not go to %s, which is not registered, and ends nothing', async (returnTo) => {
      const page = await auth0Logout({ client_id: 'expenses-web', returnTo });
      expect(page.status).toBe(400);
      expect(page.text).toContain('not registered');
      expect(await isLoggedIn()).toBe(true);
    });

    it('refuses an unknown application', async () => {
      expect((await auth0Logout({ client_id: 'nobody', returnTo: HOME })).status).toBe(400);
    });

    it('returns to the first registered address of the application when there is no returnTo', async () => {
      expect((await auth0Logout({ client_id: 'expenses-web' })).url.href).toBe(HOME);
    });

    it('takes an address registered by any application when none is named, and none shows a page', async () => {
      expect((await auth0Logout({ returnTo: HOME })).url.href).toBe(HOME);
      expect((await auth0Logout({ returnTo: 'http://localhost:9999/' })).status).toBe(400);
      expect((await auth0Logout({})).heading).toBe('Logged out');
    });
  });

  describe('by the standard endpoint (RP-Initiated Logout)', () => {
    it.each([
      ['an ID token', () => ({ id_token_hint: idToken })],
      ['its sid, as at Auth0', () => ({ logout_hint: String(decodeJwt(idToken)['sid']) })],
    ])('ends the session that the application names by %s at once', async (_hint, hint) => {
      const page = await standardLogout({
        ...hint(),
        post_logout_redirect_uri: HOME,
        state: 'the-state',
      });
      expect(page.url.href).toBe(`${HOME}?state=the-state`);
      expect(await isLoggedIn()).toBe(false);
    });

    it('asks when the browser is in another session than the named one, which ends all the same', async () => {
      const other = new Browser(running.issuer);
      await web.logIn(other, 'bob@example.com', { scope: 'openid' });
      const page = await other.open(
        client.buildEndSessionUrl(web.configuration, {
          id_token_hint: idToken,
          post_logout_redirect_uri: HOME,
        }),
      );
      expect(page.heading).toBe('Log out?');
      expect(page.text).toContain('Expenses web application asks to end your session');
      expect(page.headers.get('content-security-policy')).toMatch(
        /form-action 'self'[^;]* http:\/\/localhost:3000/,
      );
      expect(await isLoggedIn()).toBe(false);
      expect((await other.press(page, 'Log out')).url.href).toBe(HOME);
    });

    it('returns at once when nobody is logged in, and ends nothing by a hint that is made up', async () => {
      const hint = { logout_hint: 'made-up', post_logout_redirect_uri: HOME };
      expect((await standardLogout(hint)).heading).toBe('Log out?');
      expect(await isLoggedIn()).toBe(true);
      browser = new Browser(running.issuer);
      expect((await standardLogout(hint)).url.href).toBe(HOME);
    });

    it('asks and returns when post_logout_redirect_uri is all that is sent', async () => {
      const page = await browser.open(`/oidc/logout?post_logout_redirect_uri=${encodeURIComponent(HOME)}`);
      expect(page.heading).toBe('Log out?');
      // Two applications registered the address; the user is logged in to one of them.
      expect(page.text).toContain('Expenses web application asks to end your session');
      expect((await browser.press(page, 'Log out')).url.href).toBe(HOME);
    });

    it('names the application that the user is logged in to, and none when it cannot be told', async () => {
      const address = `/oidc/logout?post_logout_redirect_uri=${encodeURIComponent(HOME)}`;
      browser = new Browser(running.issuer);
      const lab = await RelyingParty.discover(running.issuer, 'lab-web');
      await lab.logIn(browser, 'bob@example.com', { scope: 'openid' });
      expect((await browser.open(address)).text).toContain('Identity lab web application asks to end');
      await web.logIn(browser, 'bob@example.com', { scope: 'openid' });
      expect((await browser.open(address)).text).toContain('Do you want to end your session here?');
    });

    it('keeps the session when the answer is no', async () => {
      const page = await browser.open('/oidc/logout');
      await browser.press(page, 'Stay logged in');
      expect(await isLoggedIn()).toBe(true);
    });

    it('does not return to an address that is not registered', async () => {
      const named = await standardLogout({ post_logout_redirect_uri: 'http://localhost:9999/' });
      expect(named.status).toBe(400);
      const alone = await browser.open(
        '/oidc/logout?post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A9999%2F',
      );
      const after = await browser.press(alone, 'Log out');
      expect(after.heading).toBe('Logged out');
      expect(after.url.host).toBe(new URL(running.issuer).host);
    });

    it('is refused when the form was not sent from its own page (CSRF)', async () => {
      const page = await browser.open('/oidc/logout');
      expect((await browser.press(page, 'Log out', { xsrf: 'forged' })).status).toBe(400);
      expect(await isLoggedIn()).toBe(true);
    });
  });
});
