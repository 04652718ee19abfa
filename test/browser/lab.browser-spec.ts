import { decodeProtectedHeader } from 'jose';
import type { Browser } from 'playwright-core';
import { Lab, TOKEN_ALGORITHM } from '../../apps/web/test/support/lab.js';
import { ALICE, BOB } from '../../apps/web/test/support/people.js';
import { describeInBrowser, launchChromium } from './support/chromium.js';
import { documentPage } from './support/images.js';
import { PHONE, Person } from './support/person.js';

/** So short that the web application renews the access token before every use. */
const ALWAYS_RENEWED_SECONDS = 5;
const NOBODY_LISTENS = 'http://localhost:9';

/** The access tokens that the web application, which is in this process, sends to the API while something is done. */
async function tokensSentDuring(action: () => Promise<unknown>): Promise<string[]> {
  const original = globalThis.fetch;
  const tokens: string[] = [];
  globalThis.fetch = (input, init) => {
    const [scheme, token] = new Headers(init?.headers).get('authorization')?.split(' ') ?? [];
    if (token !== undefined && scheme !== 'Basic') tokens.push(token);
    return original(input, init);
  };
  await action().finally(() => (globalThis.fetch = original));
  return tokens;
}

describeInBrowser('The lab in a browser', () => {
  let lab: Lab;
  let browser: Browser;
  let person: Person;

  beforeAll(async () => {
    lab = await Lab.start({ tokenLifetimeSeconds: ALWAYS_RENEWED_SECONDS });
    browser = await launchChromium();
  });
  beforeEach(async () => {
    person = await Person.arrive(browser, lab);
  });
  afterEach(() => person?.leave());
  afterAll(async () => {
    await browser?.close();
    await lab?.close();
  });

  async function revoke(): Promise<void> {
    await person.open(new URL('/applications', lab.issuer.issuer).href);
    await person.press('Revoke access of Expenses web application');
  }

  it('leads from login and consent to the expenses', async () => {
    await person.open('/');
    await documentPage(person.page, 'home');
    await person.page.getByRole('main').getByRole('link', { name: 'Log in' }).click();
    expect(await person.heading()).toBe('Log in');
    await documentPage(person.page, 'login');
    await person.enterPassword(BOB);
    expect(await person.heading()).toBe('Allow access?');
    expect(await person.text()).toContain('Expenses web application asks you, Bob Brown, to let it:');
    expect(await person.text('ul.permissions')).toContain('Read your expense reports');
    await documentPage(person.page, 'consent');
    await person.press('Accept');
    expect(await person.heading()).toBe('Your expenses');
    expect(await person.page.locator('table.expenses tbody tr').count()).toBe(25);
    await person.open('/user');
    expect(await person.text()).toContain('bob@example.com');
    await documentPage(person.page, 'user');
  });

  it('explains a decline, and asks again', async () => {
    await person.open('/expenses');
    await person.enterPassword(ALICE);
    await person.press('Decline');
    expect(await person.heading()).toBe('You declined');
    expect(await person.text()).toContain('read:reports');
    await documentPage(person.page, 'declined');
    await person.follow('Ask me again');
    await person.press('Accept');
    expect(await person.heading()).toBe('Your expenses');
    expect(await person.text('table.expenses')).toContain('Pizza for a Coding Dojo session.');
  });

  it('asks again after a revoke', async () => {
    await person.logIn(ALICE);
    await person.open(new URL('/applications', lab.issuer.issuer).href);
    await documentPage(person.page, 'applications');
    await revoke();
    await person.open('/expenses');
    expect(await person.heading()).toBe('Allow access?');
    await person.press('Accept');
    expect(await person.heading()).toBe('Your expenses');
  });

  it('asks for the permission to add where it is needed, and adds', async () => {
    await person.logIn(ALICE);
    await person.page.getByText('Add an expense').click();
    await person.follow('Give permission');
    expect(await person.text('main')).toContain('Add expenses to your reports');
    await documentPage(person.page, 'consent-more');
    await person.press('Accept');
    await person.page.getByLabel('Value').fill('none');
    await person.page.locator('#add-description').fill('Train to the hack night');
    await person.press('Add');
    expect(await person.text('#add-value-error')).toBe('must be a number');
    await documentPage(person.page, 'add');
    await person.page.getByLabel('Value').fill('12.40');
    await person.press('Add');
    expect(await person.text('[role=status]')).toBe('The expense was added.');
    expect(await person.text('table.expenses tbody tr')).toContain('Train to the hack night');
  });

  it('has access tokens signed with the algorithm that the suites run with', async () => {
    const tokens = await tokensSentDuring(() => person.logIn(ALICE));
    const algorithms = new Set(tokens.map((token) => decodeProtectedHeader(token).alg));
    expect([...algorithms]).toEqual([TOKEN_ALGORITHM]);
  });

  it('goes on when the access token expires, and when the issuer changes its keys', async () => {
    await person.logIn(ALICE);
    for (const path of ['/', '/expenses', '/expenses']) {
      await person.open(path);
      expect(await person.text()).toContain('USD');
    }
    await lab.issuer.rotateKeys();
    await person.open('/expenses');
    expect(await person.heading()).toBe('Your expenses');
  });

  it('says that the API is away', async () => {
    const other = await lab.startOtherWeb({ API_URL: NOBODY_LISTENS });
    try {
      await person.logIn(ALICE, `${other.url}/expenses`);
      expect(await person.heading()).toBe('The expenses service cannot be reached');
      expect(await person.text()).toContain('try again in 30 seconds');
      await documentPage(person.page, 'api-away');
    } finally {
      await other.close();
    }
  });

  it.each([
    ['has no accessibility fault in light colours, and fits', 'expenses', { colorScheme: 'light' }],
    ['has no accessibility fault in dark colours, and fits', 'expenses-dark', { colorScheme: 'dark' }],
    ['fits a phone of 360 pixels', 'expenses-phone', PHONE],
  ] as const)('%s', async (_title, image, options) => {
    const visitor = await Person.arrive(browser, lab, options);
    try {
      const faults: string[] = [];
      const check = async () => {
        // Everything that the small window shows is in the large ones, too: there it is enough that it fits.
        const found = options === PHONE ? [] : await visitor.faults();
        if (options === PHONE && (await visitor.overflows()))
          found.push('something is wider than the window');
        faults.push(...found.map((fault) => `${visitor.page.url()} ${fault}`));
      };
      await visitor.open('/');
      await check();
      await visitor.logIn(BOB, '/expenses');
      await check();
      await documentPage(visitor.page, image);
      const opened = [
        '/expenses?category=travel&min=x',
        '/expenses?text=yacht',
        '/user',
        '/',
        '/logout',
        '/nowhere',
      ];
      for (const path of opened) {
        await visitor.open(path);
        await check();
      }
      await visitor.open('/login?permission=create:expenses&return_to=/expenses');
      // Asked once, and not again for what was allowed before.
      if ((await visitor.heading()) === 'Allow access?') await visitor.press('Accept');
      await check();
      expect(faults).toEqual([]);
    } finally {
      await visitor.leave();
    }
  });
});
