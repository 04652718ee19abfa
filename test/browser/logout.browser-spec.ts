import type { Browser } from 'playwright-core';
import { Lab } from '../../apps/web/test/support/lab.js';
import { ALICE, BOB } from '../../apps/web/test/support/people.js';
import { describeInBrowser, launchChromium } from './support/chromium.js';
import { documentPage } from './support/images.js';
import { Person } from './support/person.js';

describeInBrowser('Logging out, in a browser without JavaScript', () => {
  let lab: Lab;
  let browser: Browser;
  let person: Person;

  beforeAll(async () => {
    lab = await Lab.start();
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

  it('is over by one press, at the issuer as well', async () => {
    await person.logIn(ALICE);
    await person.press('Log out');
    expect(await person.text('[role=status]')).toBe('You are logged out, here and at the login service.');
    await documentPage(person.page, 'logged-out');
    expect(await person.faults()).toEqual([]);
    await person.page.getByRole('main').getByRole('link', { name: 'Log in' }).click();
    expect(await person.heading()).toBe('Log in');
    await person.open(new URL('/applications', lab.issuer.issuer).href);
    expect(await person.heading()).toBe('Log in');
  });

  it('leaves nothing to the back button, not even in the browser’s memory of whole pages', async () => {
    await person.logIn(ALICE);
    await person.open('/user');
    await person.press('Log out');
    for (let pagesBack = 0; pagesBack < 3; pagesBack += 1) {
      await person.goBack();
      expect(await person.page.content()).not.toMatch(/Alice|alice@|Pizza/);
    }
  });

  it('in one tab closes the other, whose pages are gone with its session', async () => {
    await person.logIn(ALICE);
    const other = await person.inAnotherTab();
    await other.open('/user');
    await person.press('Log out');
    await other.reload();
    expect(await other.heading()).toBe('Log in');
    await other.goBack();
    expect(await other.page.content()).not.toMatch(/Alice|alice@|Pizza/);
  });

  it('leaves the choice of the next person open', async () => {
    await person.logIn(ALICE);
    await person.open('/user');
    await person.follow('Use another account');
    expect(await person.heading()).toBe('Which account?');
    await documentPage(person.page, 'account-choice');
    expect(await person.faults()).toEqual([]);
    await person.press('Use another account');
    await person.enterPassword(BOB);
    await person.acceptIfAsked();
    expect(await person.heading()).toBe('Bob Brown');
  });

  it('says what is not over while the issuer is away, and what to do', async () => {
    await person.logIn(ALICE);
    await lab.stopIssuer();
    await person.press('Log out');
    expect(await person.heading()).toBe('You are logged out here');
    expect(await person.text('[role=status]')).toContain('not over yet');
    expect(await person.faults()).toEqual([]);
    await person.follow('Try again now');
    expect(await person.text('[role=status]')).toContain('not over yet');
  });
});
