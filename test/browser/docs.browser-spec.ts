import { decodeProtectedHeader } from 'jose';
import type { Browser, Page, Response } from 'playwright-core';
import { ALICE, MANAGER } from '../../apps/web/test/support/people.js';
import { type RunningIssuer, startIssuer } from '../../apps/issuer/src/start-issuer.js';
import { readTenant, TENANT_FILE } from '../../apps/issuer/src/tenant.js';
import { TOKEN_ALGORITHM } from '../../apps/web/test/support/lab.js';
import { createTestApp, type TestApp } from '../../src/testing/index.js';
import { freeAddresses } from '../support/free-addresses.js';
import { machineToken } from '../ci/support/machine-token.js';
import { describeInBrowser, launchChromium } from './support/chromium.js';

/** Whether a list, or the only member of what is answered, has nothing in it. */
async function isEmpty(answer: Response): Promise<boolean> {
  return /^(?:\{"\w+":)?(?:\[\]|\{\})/.test(await answer.text());
}

describeInBrowser('The documentation in a browser', () => {
  const tenant = readTenant(TENANT_FILE);
  let issuer: RunningIssuer;
  let api: TestApp;
  let browser: Browser;
  let url: string;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    // The issuer has to know the address of the documentation, and the API that of the issuer.
    [url] = (await freeAddresses(1)) as [string];
    const client = tenant.applications.find(({ clientId }) => clientId === 'expenses-docs');
    if (client) client.redirectUris = [`${url}/docs/oauth2-redirect.html`];
    for (const one of tenant.apis) one.signingAlgorithm = TOKEN_ALGORITHM;
    issuer = await startIssuer({ port: 0, tenant });
    api = await createTestApp({
      issuer: { url: issuer.issuer, audience: 'https://expenses-api' },
      variables: { TOKEN_ALGORITHMS: TOKEN_ALGORITHM },
    });
    await api.app.listen(new URL(url).port, 'localhost');
    browser = await launchChromium();
  });
  beforeEach(async () => {
    // A window of its own, where nobody is logged in.
    page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    complaints = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(`${url}/docs`);
  });
  afterEach(() => page.close());
  afterAll(async () => {
    await browser?.close();
    await api?.close();
    await issuer?.close();
  });

  /** Presses Authorize, logs in and accepts; the dialog is as the page opens it. */
  async function authorize(email: string): Promise<void> {
    await page.locator('.btn.authorize').click();
    const dialog = page.locator('.dialog-ux');
    // The client is public, and what the operations need is ticked.
    expect(await dialog.locator('[id^=client_secret]').isVisible()).toBe(false);
    expect(await dialog.locator('input[type=checkbox]:not(:checked)').count()).toBe(0);
    const opened = page.waitForEvent('popup');
    await dialog.locator('button.authorize').click();
    const popup = await opened;
    await popup.getByLabel('E-mail address').fill(email);
    await popup.getByLabel('Password').fill(tenant.users.find((user) => user.email === email)?.hint ?? '');
    await popup.getByRole('button', { name: 'Log in' }).click();
    const closed = popup.waitForEvent('close');
    await popup.getByRole('button', { name: 'Accept' }).click();
    await closed;
    await dialog.getByRole('button', { name: 'Remove authorization' }).waitFor();
    await dialog.locator('.btn-done').click();
  }

  /** Executes an operation with what the page fills in; only an id is given. */
  async function tryOut(method: string, path: string, id?: string): Promise<Response> {
    const operation = page
      .locator(`.opblock-${method}`)
      .filter({ has: page.locator(`[data-path="${path}"]`) });
    await operation.locator('.opblock-summary-control').click();
    await operation.getByRole('button', { name: 'Try it out' }).click();
    if (id !== undefined) await operation.locator('tr[data-param-name=id] input').fill(id);
    const answered = page.waitForResponse(
      (response) =>
        new URL(response.url()).pathname === path.replace('{id}', String(id)) &&
        response.request().method() === method.toUpperCase(),
    );
    await operation.getByRole('button', { name: 'Execute' }).click();
    return answered;
  }

  it('authorizes with code and PKCE, and tries every operation that a user may', async () => {
    const authorizations: URLSearchParams[] = [];
    const exchanges: URLSearchParams[] = [];
    page.context().on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (pathname === '/authorize') authorizations.push(searchParams);
      if (pathname === '/oauth/token') exchanges.push(new URLSearchParams(request.postData() ?? ''));
    });

    await authorize(ALICE);
    const [authorization] = authorizations;
    expect(Object.fromEntries(authorization ?? [])).toMatchObject({
      response_type: 'code',
      client_id: 'expenses-docs',
      scope: expect.stringContaining('read:reports'),
      code_challenge_method: 'S256',
      audience: 'https://expenses-api',
    });
    expect(exchanges[0]?.get('code_verifier')).toMatch(/^[\w.~-]{43,128}$/);
    expect(exchanges[0]?.get('client_secret')).toBeNull();

    // As it is filled in by the page: the examples of the description must lead to something.
    const created = await tryOut('post', '/expenses');
    expect(created.status()).toBe(201);
    const [scheme, token = ''] = created.request().headers()['authorization']?.split(' ') ?? [];
    expect([scheme, decodeProtectedHeader(token).alg]).toEqual(['Bearer', TOKEN_ALGORITHM]);
    const { id } = (await created.json()) as { id: string };
    for (const path of ['/', '/expenses', '/reports/monthly', '/reports/categories', '/currencies']) {
      const answer = await tryOut('get', path);
      expect([path, answer.status(), await isEmpty(answer)]).toEqual([path, 200, false]);
    }
    const filed = await tryOut('post', '/expenses/import');
    expect(filed.status()).toBe(201);
    const { imported } = (await filed.json()) as { imported: number };
    expect((await tryOut('get', '/expenses/{id}', id)).status()).toBe(200);
    expect((await tryOut('get', '/expenses/{id}/history', id)).status()).toBe(200);
    expect((await tryOut('patch', '/expenses/{id}', id)).status()).toBe(200);
    expect((await tryOut('delete', '/expenses/{id}', id)).status()).toBe(204);
    // It wants a login of the last minutes, which this one is; what was imported is left to be deleted.
    const emptied = await tryOut('delete', '/expenses');
    expect([emptied.status(), await emptied.json()]).toEqual([200, { deleted: imported }]);
    expect(imported).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
  });

  it('tries what only a manager may', async () => {
    const token = await machineToken(issuer.issuer, tenant, 'create:expenses');
    const expense = { date: '2026-11-20', description: 'Taxi', value: 38.5 };
    const written = await api.inject({ method: 'POST', url: '/expenses', payload: expense }, token);
    expect(written.statusCode).toBe(201);
    await authorize(MANAGER);
    const answer = await tryOut('get', '/reports/owners');
    expect([answer.status(), await isEmpty(answer)]).toEqual([200, false]);
    expect(complaints).toEqual([]);
  });

  it('fits a phone', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.locator('.opblock-post .opblock-summary-control').first().click();
    await page.locator('.opblock-post .opblock-body').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    expect(complaints).toEqual([]);
  });
});
