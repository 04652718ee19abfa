import type { Browser } from 'playwright-core';
import { Lab, type OtherWeb } from '../../apps/web/test/support/lab.js';
import { ALICE } from '../../apps/web/test/support/people.js';
import { describeInBrowser, launchChromium } from './support/chromium.js';
import { Person } from './support/person.js';
import { TlsProxy } from './support/tls-proxy.js';

describeInBrowser('Behind a proxy that ends TLS', () => {
  let proxy: TlsProxy;
  let lab: Lab;
  let web: OtherWeb;
  let browser: Browser;

  beforeAll(async () => {
    proxy = await TlsProxy.start('expenses.localhost');
    lab = await Lab.start({
      tenant: ({ applications }) => {
        const client = applications.find(({ clientId }) => clientId === 'expenses-web');
        client?.redirectUris.push(`${proxy.url}/callback`);
        client?.postLogoutRedirectUris.push(proxy.url);
      },
    });
    web = await lab.startOtherWeb({ BASE_URL: proxy.url });
    proxy.leadTo(web.url);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await web?.close();
    await lab?.close();
    await proxy?.close();
  });

  it('login, forms and log out work, and every cookie is one of this host alone', async () => {
    const person = await Person.arrive(browser, lab, { home: proxy.url, ignoreHTTPSErrors: true });
    await person.logInToWrite(ALICE);
    await person.page.locator('#add-description').fill('Over TLS');
    await person.page.locator('#add-value').fill('5');
    await person.press('Add');
    expect(await person.text('[role=status]')).toBe('The expense was added.');
    await person.follow('Over TLS');
    await person.press('Delete');
    const ours = (await person.cookies()).filter(({ name }) => name.includes('expenses'));
    expect(ours.length).toBeGreaterThan(1);
    for (const { name, secure, path } of ours) {
      expect([name, secure, path]).toEqual([expect.stringMatching(/^__Host-expenses/), true, '/']);
    }
    await person.press('Log out');
    expect(person.page.url()).toMatch(new RegExp(`^${proxy.url}/`));
    expect(await person.text('[role=status]')).toBe('You are logged out, here and at the login service.');
    await person.open('/expenses');
    expect(await person.heading()).toBe('Log in');
    // A login that was begun is in a cookie of the same kind.
    const pending = (await person.cookies()).filter(({ name }) => name.includes('-login-'));
    expect(pending.map(({ name }) => name)).toEqual([expect.stringMatching(/^__Host-expenses/)]);
    await person.leave();
  });
});
