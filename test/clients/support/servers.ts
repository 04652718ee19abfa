import { type RunningIssuer, startIssuer } from '../../../apps/issuer/src/start-issuer.js';
import { readTenant, TENANT_FILE } from '../../../apps/issuer/src/tenant.js';
import { Browser } from '../../../apps/issuer/test/support/browser.js';
import { startApi } from '../../../apps/web/test/support/api.js';
import { freeAddresses } from '../../support/free-addresses.js';

export const AUDIENCE = 'https://expenses-api';
export const CLIENT_ID = 'a-client';
/** Nothing listens there: the browser of these tests goes no further than the issuer. */
export const CALLBACK = 'http://localhost:3000/callback';

const ALICE = 'alice@example.com';

/** The issuer and the API as they run in the lab, over HTTP, with a public application that nobody told where they are. */
export class Servers {
  private constructor(
    readonly issuer: RunningIssuer,
    /** Where the API is, without a slash at the end. */
    readonly apiUrl: string,
    private readonly api: { close(): Promise<void> },
    private readonly password: string,
  ) {}

  /** @param options.nonce has both ask for nonces in DPoP proofs, and the API for such proofs of everybody */
  static async start({ nonce = false }: { readonly nonce?: boolean } = {}): Promise<Servers> {
    const [apiUrl] = (await freeAddresses(1)) as [string];
    const tenant = readTenant(TENANT_FILE);
    for (const api of tenant.apis) api.urls = [apiUrl];
    tenant.applications.push({
      ...tenant.applications.find(({ clientSecret }) => clientSecret === undefined)!,
      clientId: CLIENT_ID,
      name: 'A client',
      redirectUris: [CALLBACK],
    });
    const issuer = await startIssuer({ port: 0, tenant, requireDpopNonce: nonce });
    try {
      const api = await startApi({
        NODE_ENV: 'test',
        BASE_URL: apiUrl,
        PORT: new URL(apiUrl).port,
        ISSUER_BASE_URL: issuer.issuer,
        ALLOWED_AUDIENCES: AUDIENCE,
        RATE_LIMIT: '0',
        FAILED_AUTH_LIMIT: '0',
        LOG_LEVEL: 'silent',
        ...(nonce && { DPOP: 'required', DPOP_NONCE: 'required' }),
      });
      return new Servers(issuer, apiUrl, api, tenant.users.find(({ email }) => email === ALICE)?.hint ?? '');
    } catch (error) {
      await issuer.close();
      throw error;
    }
  }

  /**
   * What a person does with the address that a client sends their browser to: they log in, and accept what is asked.
   *
   * @returns where the issuer sends the browser back to, with a code
   */
  async logIn(authorizationUrl: URL): Promise<URL> {
    const browser = new Browser(this.issuer.issuer);
    let page = await browser.open(authorizationUrl);
    if (page.heading === 'Log in') {
      page = await browser.press(page, 'Log in', { user_name: ALICE, password: this.password });
    }
    if (page.heading === 'Allow access?') page = await browser.press(page, 'Accept');
    return page.url;
  }

  async close(): Promise<void> {
    await Promise.all([this.api.close(), this.issuer.close()]);
  }
}

/** What a client sends to add an expense, as JSON. */
export const NEW_EXPENSE = JSON.stringify({
  date: '2026-03-01',
  description: 'Train to Bern',
  value: 42.5,
  currency: 'CHF',
});
