import axe, { type AxeResults } from 'axe-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import type { Lab } from '../../../apps/web/test/support/lab.js';

/** Somebody with a browser window of their own. */
export class Person {
  private readonly complaints: string[] = [];

  private constructor(
    private readonly lab: Lab,
    private readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      // A page that explains an error has the error's status, which Chromium mentions.
      const aboutPage = message.location().url === page.url() && /status of [45]\d\d/.test(message.text());
      if (['error', 'warning'].includes(message.type()) && !aboutPage) this.complaints.push(message.text());
    });
    page.on('requestfailed', (request) => {
      const { errorText = '' } = request.failure() ?? {};
      if (errorText !== 'net::ERR_ABORTED') this.complaints.push(`${request.url()} ${errorText}`);
    });
  }

  static async arrive(browser: Browser, lab: Lab, options: BrowserContextOptions = {}): Promise<Person> {
    const context = await browser.newContext({
      viewport: { width: 1080, height: 760 },
      locale: 'en',
      ...options,
    });
    context.setDefaultTimeout(20_000);
    return new Person(lab, context, await context.newPage());
  }

  /** Opens a page of the web application, or any address. */
  async open(address: string): Promise<void> {
    await this.page.goto(new URL(address, this.lab.url).href);
  }

  async press(button: string): Promise<void> {
    await this.page.getByRole('button', { name: button, exact: true }).click();
  }

  async follow(link: string): Promise<void> {
    await this.page.getByRole('link', { name: link, exact: true }).click();
  }

  /** Fills in the issuer's login page with a sample user's password. */
  async enterPassword(email: string): Promise<void> {
    await this.page.getByLabel('E-mail address').fill(email);
    await this.page.getByLabel('Password').fill(this.lab.passwordOf(email));
    await this.press('Log in');
  }

  /** Logs in and accepts what is asked, if anything is. */
  async logIn(email: string, address = '/expenses'): Promise<void> {
    await this.open(address);
    await this.enterPassword(email);
    if ((await this.heading()) === 'Allow access?') await this.press('Accept');
  }

  /** The session ends, as after a restart: the browser's cookie for it no longer helps. */
  async forgetSession(): Promise<void> {
    await this.context.clearCookies({ name: /^(__Host-)?expenses(-\d+)?$/ });
  }

  async heading(): Promise<string> {
    return (await this.page.locator('h1').innerText()).replaceAll(/\s+/g, ' ').trim();
  }

  async text(selector = 'main'): Promise<string> {
    return (await this.page.locator(selector).first().innerText()).replaceAll(/\s+/g, ' ');
  }

  /** Accessibility faults of the page as it is, of impact serious or critical (WCAG 2.2 A and AA, best practices). */
  async accessibilityFaults(): Promise<string[]> {
    await this.page.evaluate(axe.source);
    const { violations } = await this.page.evaluate<AxeResults>('axe.run()');
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
      );
  }

  /** Whether something is wider than the window. */
  overflows(): Promise<boolean> {
    return this.page.evaluate<boolean>(
      'document.documentElement.scrollWidth > document.documentElement.clientWidth',
    );
  }

  /**
   * Closes the window.
   * @throws Error when the browser complained: console errors, violations of the content security policy, failed loads
   */
  async leave(): Promise<void> {
    await this.context.close();
    if (this.complaints.length > 0) throw new Error(`The browser complained:\n${this.complaints.join('\n')}`);
  }
}
