import { startIssuer, type RunningIssuer } from '../src/start-issuer.js';
import { readTenant, TENANT_FILE } from '../src/tenant.js';
import { Browser, type Page } from './support/browser.js';
import { AUDIENCE, enterPassword, oauthErrorOf, RelyingParty } from './support/relying-party.js';

const READ = { audience: AUDIENCE, scope: 'openid profile offline_access read:reports' };
const READ_AND_CREATE = {
  audience: AUDIENCE,
  scope: 'openid profile offline_access read:reports create:expenses',
};

describe('Consent', () => {
  let running: RunningIssuer;
  let web: RelyingParty;
  let browser: Browser;

  // A fresh issuer for each test: consent is what it remembers.
  beforeEach(async () => {
    running = await startIssuer({ port: 0 });
    web = await RelyingParty.discover(running.issuer, 'expenses-web');
    browser = new Browser(running.issuer);
  });
  afterEach(() => running?.close());

  async function ask(parameters: Record<string, string>, email = 'alice@example.com'): Promise<Page> {
    const page = await browser.open((await web.request(parameters)).url);
    return page.heading === 'Log in' ? enterPassword(browser, page, email) : page;
  }

  it('names the application and lists what it asks for in the words of the tenant', async () => {
    const page = await ask(READ_AND_CREATE);
    expect(page.heading).toBe('Allow access?');
    expect(page.text).toContain('Expenses web application asks you, Alice Adams, to let it');
    expect(page.list('What is asked for')).toEqual([
      'Read your expense reports',
      'Add expenses to your reports',
      'See your name',
      'Keep this access while you are away',
    ]);
  });

  it('asks for a permission that was added to the tenant, whose tokens live as long as the tenant says', async () => {
    const tenant = readTenant(TENANT_FILE);
    tenant.apis[0]!.permissions.push({ value: 'approve:expenses', description: 'Approve expenses' });
    tenant.apis[0]!.tokenLifetimeSeconds = 7;
    tenant.users[0]!.permissions[AUDIENCE]!.push('approve:expenses');
    await running.close();
    running = await startIssuer({ port: 0, tenant });
    web = await RelyingParty.discover(running.issuer, 'expenses-web');
    browser = new Browser(running.issuer);

    const parameters = { audience: AUDIENCE, scope: 'openid approve:expenses' };
    expect((await ask(parameters)).list('What is asked for')).toEqual(['Approve expenses']);
    const tokens = await web.logIn(browser, 'alice@example.com', parameters);
    expect(tokens.scope).toBe('openid approve:expenses');
    expect(tokens.expires_in).toBe(7);
  });

  it('does not ask for permissions that the user does not have', async () => {
    const page = await ask(READ_AND_CREATE, 'bob@example.com');
    expect(page.list('What is asked for')).not.toContain('Add expenses to your reports');
  });

  it('is answered with access_denied when the user declines, and asked again the next time', async () => {
    const request = await web.request(READ);
    const login = await browser.open(request.url);
    const consent = await enterPassword(browser, login, 'alice@example.com');
    const declined = await browser.press(consent, 'Decline');
    expect(declined.url.href).toMatch(/^http:\/\/localhost:3000\/callback\?error=access_denied/);
    expect(await oauthErrorOf(request.redeem(declined))).toBe('access_denied');
    expect((await ask(READ)).heading).toBe('Allow access?');
  });

  it('is remembered for the user and the application, in other browsers too', async () => {
    await web.logIn(browser, 'alice@example.com', READ);
    browser = new Browser(running.issuer);
    const page = await ask(READ);
    expect(page.url.searchParams.get('code')).toEqual(expect.any(String));
  });

  it('of one user is not the consent of another, nor that for one application that for another', async () => {
    await web.logIn(browser, 'alice@example.com', READ);
    browser = new Browser(running.issuer);
    expect((await ask(READ, 'bob@example.com')).heading).toBe('Allow access?');
    web = await RelyingParty.discover(running.issuer, 'lab-web');
    browser = new Browser(running.issuer);
    expect((await ask(READ)).heading).toBe('Allow access?');
  });

  it('is asked for the difference when the application wants more', async () => {
    await web.logIn(browser, 'alice@example.com', READ);
    const page = await ask(READ_AND_CREATE);
    expect(page.list('What is asked for')).toEqual(['Add expenses to your reports']);
    expect(page.list('What you have allowed already')).toContain('Read your expense reports');

    const { scope } = await web.logIn(browser, 'alice@example.com', READ_AND_CREATE);
    expect(scope).toBe(READ_AND_CREATE.scope);
    expect((await ask(READ)).url.searchParams.get('code')).toEqual(expect.any(String));
  });

  it('is asked for again, with all that is allowed already, for prompt=consent', async () => {
    await web.logIn(browser, 'alice@example.com', READ);
    const page = await ask({ ...READ, prompt: 'consent' });
    expect(page.list('What you have allowed already')).toContain('Read your expense reports');
    expect((await browser.press(page, 'Accept')).url.searchParams.has('code')).toBe(true);
  });

  it('cannot be given without a page: prompt=none answers consent_required', async () => {
    await web.logIn(browser, 'alice@example.com', READ);
    const page = await ask({ ...READ_AND_CREATE, prompt: 'none' });
    expect(page.url.searchParams.get('error')).toBe('consent_required');
  });

  it('lets the user go on as somebody else', async () => {
    const page = await ask(READ);
    const login = await browser.open(page.link('Use another account'));
    expect(login.heading).toBe('Log in');
    const next = await enterPassword(browser, login, 'bob@example.com');
    expect(next.text).toContain('asks you, Bob Brown');
    // The session of the first user is over with that.
    expect((await browser.open('/applications')).text).toContain('act for you, Bob Brown');
  });

  it('is refused when the form was not sent from its own page (CSRF)', async () => {
    const page = await ask(READ);
    const forged = await browser.press(page, 'Accept', { csrf: 'forged' });
    expect(forged.status).toBe(403);
    expect((await ask(READ)).heading).toBe('Allow access?');
  });

  describe('on the Authorized applications page', () => {
    it('is listed with what was allowed', async () => {
      await web.logIn(browser, 'alice@example.com', READ);
      const page = await browser.open('/applications');
      expect(page.heading).toBe('Authorized applications');
      expect(page.text).toContain('Expenses web application');
      expect(page.text).toContain('Read your expense reports');
      expect(page.text).toContain('the APIs are told to refuse the access tokens that it holds already');
    });

    it('is shown after a log in', async () => {
      const login = await browser.open('/applications');
      expect(login.heading).toBe('Log in');
      const page = await enterPassword(browser, login, 'bob@example.com');
      expect(page.heading).toBe('Authorized applications');
      expect(page.text).toContain('You have not allowed any application to act for you');
    });

    it('is revoked: refresh tokens die and consent is asked again', async () => {
      const tokens = await web.logIn(browser, 'alice@example.com', READ);
      const page = await browser.open('/applications');
      const after = await browser.press(page, 'Revoke access of Expenses web application');
      expect(after.text).toContain('Access revoked');
      expect(after.text).not.toContain('Read your expense reports');

      expect(await oauthErrorOf(web.refresh(tokens.refresh_token))).toBe('invalid_grant');
      expect((await ask(READ)).list('What is asked for')).toContain('Read your expense reports');
    });

    it('of one user is not touched by another who revokes theirs', async () => {
      const tokens = await web.logIn(browser, 'alice@example.com', READ);
      browser = new Browser(running.issuer);
      await web.logIn(browser, 'bob@example.com', READ);
      const page = await browser.open('/applications');
      await browser.press(page, 'Revoke access of Expenses web application');
      expect((await web.refresh(tokens.refresh_token)).access_token).toEqual(expect.any(String));
    });

    it('is one, and revoked as one, when two browsers of the user gave it at the same time', async () => {
      const first = await ask(READ);
      const otherBrowser = new Browser(running.issuer);
      const login = await otherBrowser.open((await web.request(READ_AND_CREATE)).url);
      const second = await enterPassword(otherBrowser, login, 'alice@example.com');
      await browser.press(first, 'Accept');
      await otherBrowser.press(second, 'Accept');

      const page = await browser.open('/applications');
      expect(page.html.match(/<section/g)).toHaveLength(1);
      expect(page.text).toContain('Add expenses to your reports');
      await browser.press(page, 'Revoke access of Expenses web application');
      expect((await ask(READ)).list('What you have allowed already')).toEqual([]);
    });

    it('is not revoked by a form from elsewhere (CSRF)', async () => {
      const tokens = await web.logIn(browser, 'alice@example.com', READ);
      const page = await browser.open('/applications');
      const forged = await browser.press(page, 'Revoke access of Expenses web application', { csrf: '' });
      expect(forged.status).toBe(403);
      expect((await web.refresh(tokens.refresh_token)).access_token).toEqual(expect.any(String));
    });
  });
});
