import axe, { type AxeResults } from 'axe-core';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import type { Lab } from '../../../apps/web/test/support/lab.js';

export const PHONE: BrowserContextOptions = { viewport: { width: 360, height: 740 } };

export interface PersonOptions extends BrowserContextOptions {
  /** Where the web application is; by default the lab's first one. */
  readonly home?: string;
}

/** Somebody with a browser window of their own, without JavaScript unless the options turn it on. */
export class Person {
  private constructor(
    private readonly lab: Lab,
    private readonly home: string,
    private readonly context: BrowserContext,
    readonly page: Page,
    private readonly auditor: Page,
    private readonly complaints: string[],
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

  static async arrive(
    browser: Browser,
    lab: Lab,
    { home = lab.url, ...options }: PersonOptions = {},
  ): Promise<Person> {
    const usual = { viewport: { width: 1080, height: 760 }, locale: 'en', ...options };
    const context = await browser.newContext({ javaScriptEnabled: false, ...usual });
    context.setDefaultTimeout(20_000);
    const auditor = await (await browser.newContext({ ...usual, javaScriptEnabled: true })).newPage();
    return new Person(lab, home, context, await context.newPage(), auditor, []);
  }

  /** The same person in another tab, at the same page. It closes with the window. */
  async inAnotherTab(): Promise<Person> {
    const page = await this.context.newPage();
    const tab = new Person(this.lab, this.home, this.context, page, this.auditor, this.complaints);
    await tab.open(this.page.url());
    return tab;
  }

  /** Opens a page of the web application, or any address. */
  async open(address: string): Promise<void> {
    await this.page.goto(new URL(address, this.home).href);
  }

  /** Goes back in the history of the tab. */
  goBack(): Promise<void> {
    return attached(() => this.page.goBack());
  }

  reload(): Promise<void> {
    return attached(() => this.page.reload());
  }

  async press(button: string): Promise<void> {
    await this.page.getByRole('button', { name: button, exact: true }).first().click();
  }

  async follow(link: string): Promise<void> {
    await this.page.getByRole('link', { name: link, exact: true }).first().click();
  }

  /** Fills in the issuer's login page with a sample user's password. */
  async enterPassword(email: string, password = this.lab.passwordOf(email)): Promise<void> {
    await this.page.getByLabel('E-mail address').fill(email);
    await this.page.getByLabel('Password').fill(password);
    await this.press('Log in');
  }

  /** Logs in and accepts what is asked, if anything is. */
  async logIn(email: string, address = '/expenses'): Promise<void> {
    await this.open(address);
    await this.enterPassword(email);
    await this.acceptIfAsked();
  }

  /** Logs in, and gives the permissions for writing. Ends at the form of a new expense. */
  async logInToWrite(email: string): Promise<void> {
    await this.logIn(email, '/expenses?add=1');
    await this.follow('Give permission');
    await this.acceptIfAsked();
  }

  async acceptIfAsked(): Promise<void> {
    if ((await this.heading()) === 'Allow access?') await this.press('Accept');
  }

  /** The session ends, as after a restart: the browser's cookie for it no longer helps. */
  async forgetSession(): Promise<void> {
    await this.context.clearCookies({ name: /^(__Host-)?expenses(-\d+)?$/ });
  }

  /** The names and values of all cookies that this window has. */
  async cookies(): Promise<{ name: string; value: string; secure: boolean; path: string }[]> {
    return this.context.cookies();
  }

  async heading(): Promise<string> {
    return (await this.page.locator('h1').innerText()).replaceAll(/\s+/g, ' ').trim();
  }

  async text(selector = 'main'): Promise<string> {
    return (await this.page.locator(selector).first().innerText()).replaceAll(/\s+/g, ' ').trim();
  }

  /**
   * What is wrong with the page as it is: accessibility faults of impact serious or critical (WCAG 2.2 A and AA, best
   * practices), and something that is wider than the window.
   */
  async faults(): Promise<string[]> {
    const found = await this.accessibilityFaults();
    return (await this.overflows()) ? [...found, 'something is wider than the window'] : found;
  }

  /** axe is JavaScript, which this page may be without: it looks at a copy of the page in a window of its own. */
  private async accessibilityFaults(): Promise<string[]> {
    const { auditor, page } = this;
    const body = await page.content();
    await auditor.route('**/*', (route) =>
      route.request().isNavigationRequest()
        ? route.fulfill({ contentType: 'text/html; charset=utf-8', body })
        : route.continue(),
    );
    await auditor.setViewportSize(page.viewportSize() ?? { width: 1080, height: 760 });
    await auditor.goto(page.url());
    await auditor.evaluate(axe.source);
    const { violations } = await auditor.evaluate<AxeResults>('axe.run()');
    await auditor.unrouteAll({ behavior: 'wait' });
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
    await this.auditor.context().close();
    await this.context.close();
    if (this.complaints.length > 0) throw new Error(`The browser complained:\n${this.complaints.join('\n')}`);
  }
}

/** Chromium changes the process between origins, and for a moment a tab is attached to neither. */
async function attached(step: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await step();
      return;
    } catch (error) {
      if (attempt === 5 || !String(error).includes('Not attached to an active page')) throw error;
      await wait(300);
    }
  }
}
