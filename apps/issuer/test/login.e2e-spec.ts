import { startIssuer, type RunningIssuer } from '../src/start-issuer.js';
import { Browser, type Page } from './support/browser.js';
import { enterPassword, PASSWORDS, RelyingParty } from './support/relying-party.js';

const WRONG = 'The e-mail address or the password is wrong.';

describe('The login page', () => {
  let running: RunningIssuer;
  let browser: Browser;

  beforeEach(async () => {
    running = await startIssuer({ port: 0 });
    browser = new Browser(running.issuer);
  });
  afterEach(() => running?.close());

  async function open(parameters: Record<string, string> = {}): Promise<Page> {
    const web = await RelyingParty.discover(running.issuer, 'expenses-web');
    return browser.open((await web.request({ scope: 'openid', ...parameters })).url);
  }

  it('says which application it is for and can be used without JavaScript', async () => {
    const page = await open({ login_hint: 'bob@example.com' });
    expect(page.text).toContain('to continue to Expenses web application');
    expect(page.form('Log in').fields['user_name']).toBe('bob@example.com');
    expect(page.html).not.toContain('<script');
  });

  it('is there again when the address that its form posts to is opened by itself', async () => {
    const page = await open();
    const { action } = page.form('Log in');
    const again = await browser.open(action);
    expect([again.heading, again.url.href]).toEqual(['Log in', page.url.href]);
  });

  it('is accessible: language, one heading, a label for each field', async () => {
    const { html } = await open();
    expect(html).toContain('<html lang="en">');
    expect(html.match(/<h1>/g)).toHaveLength(1);
    const fields = [...html.matchAll(/<input id="(\w+)"/g)].map((match) => match[1]);
    expect(fields).toEqual(['user_name', 'password']);
    for (const field of fields) expect(html).toContain(`<label for="${field}">`);
  });

  it('allows no script, no frame and no other form target than here and the application', async () => {
    const page = await open();
    const policy = page.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("form-action 'self' http://localhost:3000;");
    expect(page.headers.get('cache-control')).toBe('no-store');
    const stylesheet = await browser.open('/issuer.css');
    expect(stylesheet.headers.get('content-type')).toContain('text/css');
  });

  it('escapes what a request puts into it', async () => {
    const page = await open({ login_hint: '"><script>alert(1)</script>' });
    expect(page.html).not.toContain('<script');
  });

  it('answers a wrong password and an unknown user alike', async () => {
    const page = await open();
    const wrong = await enterPassword(browser, page, 'alice@example.com', 'wrong');
    const unknown = await enterPassword(browser, page, 'nobody@example.com', 'wrong');
    for (const answer of [wrong, unknown]) {
      expect(answer.status).toBe(422);
      expect(answer.html).toMatch(new RegExp(`role="alert">${WRONG}<`));
    }
  });

  it('refuses a user after six failures, even with the right password, and lets others in', async () => {
    const page = await open();
    for (let failure = 1; failure <= 6; failure += 1) {
      const answer = await enterPassword(browser, page, 'alice@example.com', 'wrong');
      expect(answer.text).toContain(WRONG);
    }
    const refused = await enterPassword(browser, page, 'Alice@example.com', PASSWORDS['alice@example.com']);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.text).toMatch(/Too many failed logins\. Try again in 15 minutes\./);
    expect((await enterPassword(browser, page, 'bob@example.com')).heading).toBe('Allow access?');
  });

  it('refuses a form that was not sent from its own page (CSRF)', async () => {
    const page = await open();
    const password = PASSWORDS['alice@example.com']!;
    const fields = { user_name: 'alice@example.com', password };
    for (const csrf of ['', 'forged']) {
      expect((await browser.press(page, 'Log in', { ...fields, csrf })).status).toBe(403);
    }
    // The token of another browser's page does not help, and neither does the form without our cookie.
    const attacker = new Browser(running.issuer);
    const web = await RelyingParty.discover(running.issuer, 'expenses-web');
    const other = await attacker.open((await web.request({ scope: 'openid' })).url);
    const { csrf } = other.form('Log in').fields;
    expect((await browser.press(page, 'Log in', { ...fields, csrf: csrf! })).status).toBe(403);
    expect((await browser.press(other, 'Log in', fields)).status).toBe(400);
  });

  it.each([
    ['JSON', { body: '{}', headers: { 'content-type': 'application/json' } }, 400],
    ['a form that is too long', { body: new URLSearchParams({ password: 'x'.repeat(20_000) }) }, 413],
  ])('refuses %s', async (_case, request, status) => {
    const page = await open();
    const answer = await browser.open(new URL(page.form('Log in').action, page.url), {
      method: 'POST',
      ...request,
    });
    expect(answer.status).toBe(status);
  });

  it('says that it has expired when the browser does not know it', async () => {
    const page = await open();
    const answer = await new Browser(running.issuer).open(page.url);
    expect(answer.status).toBe(400);
    expect(answer.heading).toBe('This page has expired');
  });

  it('keeps its cookies from scripts and from the forms of other sites', async () => {
    const web = await RelyingParty.discover(running.issuer, 'expenses-web');
    const response = await fetch((await web.request({ scope: 'openid' })).url, { redirect: 'manual' });
    const cookies = response.headers.getSetCookie();
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/httponly/i);
      expect(cookie).toMatch(/samesite=lax/i);
    }
  });
});
