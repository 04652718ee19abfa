import type { Browser } from 'playwright-core';
import { Lab } from '../../apps/web/test/support/lab.js';
import { ALICE, BOB } from '../../apps/web/test/support/people.js';
import { describeInBrowser, launchChromium } from './support/chromium.js';
import { Person } from './support/person.js';

describeInBrowser('Two tabs', () => {
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

  it('that log in at the same time arrive each at its own page', async () => {
    await person.open('/user');
    const other = await person.inAnotherTab();
    await other.open('/expenses?text=pizza');
    await person.enterPassword(ALICE);
    await person.acceptIfAsked();
    expect(person.page.url()).toBe(`${lab.url}/user`);
    await other.enterPassword(ALICE);
    await other.acceptIfAsked();
    expect(other.page.url()).toBe(`${lab.url}/expenses?text=pizza`);
    await person.reload();
    expect(await person.heading()).toBe('Alice Adams');
  });

  it('leave each other’s form good when the same person logs in again', async () => {
    await person.logInToWrite(ALICE);
    await person.page.locator('#add-description').fill('From the first tab');
    await person.page.locator('#add-value').fill('7');
    const other = await person.inAnotherTab();
    await other.open('/login?return_to=/user');
    expect(await other.heading()).toBe('Alice Adams');
    await person.press('Add');
    expect(await person.text('[role=status]')).toBe('The expense was added.');
  });

  it('take no form of one person for another, and lose nothing that was typed', async () => {
    await person.logInToWrite(ALICE);
    await person.page.locator('#add-description').fill('Not for Bob');
    await person.page.locator('#add-value').fill('7');
    const other = await person.inAnotherTab();
    await other.open('/login?return_to=/user&prompt=login');
    await other.enterPassword(BOB);
    await other.acceptIfAsked();
    expect(await other.heading()).toBe('Bob Brown');
    await person.press('Add');
    expect(await person.heading()).toBe('This form is out of date');
    expect(await person.faults()).toEqual([]);
    await other.open('/expenses?text=Not for Bob');
    expect(await other.page.locator('#add-description').count()).toBe(0);
    // Back with the first person, the form is there again.
    await other.open('/login?return_to=/expenses&prompt=login');
    await other.enterPassword(ALICE);
    await other.acceptIfAsked();
    expect(await other.page.locator('#add-description').inputValue()).toBe('Not for Bob');
  });

  it('shown from the browser’s memory of whole pages, with JavaScript, hold nothing after a log out', async () => {
    const scripted = await Person.arrive(browser, lab, { javaScriptEnabled: true });
    await scripted.logIn(ALICE);
    await scripted.open('/user');
    await scripted.open('/');
    await scripted.press('Log out');
    for (let pagesBack = 0; pagesBack < 4; pagesBack += 1) {
      await scripted.goBack();
      expect(await scripted.page.content()).not.toMatch(/Alice|alice@|Pizza/);
    }
    await scripted.leave();
  });
});
