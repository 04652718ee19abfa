import type { Browser } from 'playwright-core';
import { Lab, type OtherWeb } from '../../apps/web/test/support/lab.js';
import { ALICE, BOB } from '../../apps/web/test/support/people.js';
import { describeInBrowser, launchChromium } from './support/chromium.js';
import { Gate } from './support/gate.js';
import { documentPage } from './support/images.js';
import { PHONE, Person } from './support/person.js';

const LONG_WORD = 'averyveryveryverylongcategorywithoutaspace';

describeInBrowser('One’s own expenses in a browser without JavaScript', () => {
  let lab: Lab;
  let gate: Gate;
  let web: OtherWeb;
  let browser: Browser;
  let person: Person;

  beforeAll(async () => {
    lab = await Lab.start();
    gate = await Gate.before(lab.apiUrl);
    web = await lab.startOtherWeb({ API_URL: gate.url });
    browser = await launchChromium();
  });
  beforeEach(async () => {
    gate.open();
    person = await Person.arrive(browser, lab, { home: web.url });
  });
  afterEach(() => person?.leave());
  afterAll(async () => {
    await browser?.close();
    await web?.close();
    await gate?.close();
    await lab?.close();
  });

  const status = () => person.text('[role=status]');
  const rows = () => person.page.locator('table.expenses tbody tr').allInnerTexts();

  /** Fills in the form of a new expense. */
  async function type(fields: Record<string, string>): Promise<void> {
    for (const [name, value] of Object.entries(fields)) await person.page.locator(`#add-${name}`).fill(value);
  }

  async function add(fields: Record<string, string>): Promise<void> {
    await person.open('/expenses?add=1');
    await type(fields);
    await person.press('Add');
  }

  it('keeps what was typed when the session has ended, and adds it once after the login', async () => {
    await person.logInToWrite(ALICE);
    await type({ description: 'Typed before the end', value: '12,50', category: 'café' });
    const submission = person.page.locator('#add input[name=submission]');
    const key = await submission.getAttribute('value');
    await person.forgetSession();
    await person.press('Add');
    // The issuer knows who it is: no question stands between.
    expect(await person.heading()).toBe('Your expenses');
    expect(await person.text('#add')).toContain('This was not added yet');
    expect(await person.page.locator('#add-description').inputValue()).toBe('Typed before the end');
    expect(await person.page.locator('#add-value').inputValue()).toBe('12,50');
    expect(await submission.getAttribute('value')).toBe(key);
    await documentPage(person.page, 'kept');
    expect(await person.faults()).toEqual([]);
    await person.press('Add');
    expect(await status()).toBe('The expense was added.');
    await person.open('/expenses?text=Typed before');
    expect(await rows()).toEqual([expect.stringContaining('$12.50')]);
  });

  it('shows the form with the wait beside it while the API is away, and adds when it is back', async () => {
    await person.logInToWrite(ALICE);
    await type({ description: 'Typed during an outage', value: '3' });
    gate.shut();
    await person.press('Add');
    expect(await person.text('.trouble')).toContain('Please try again in 30 seconds.');
    expect(await person.page.locator('#add-description').inputValue()).toBe('Typed during an outage');
    expect(await person.faults()).toEqual([]);
    gate.open();
    await person.press('Add');
    expect(await status()).toBe('The expense was added.');
    await person.open('/expenses?text=during an outage');
    expect(await rows()).toHaveLength(1);
  });

  it('shows both versions when somebody changed the expense meanwhile', async () => {
    await person.logInToWrite(ALICE);
    await add({ description: 'Shared dinner', value: '40', category: LONG_WORD });
    await person.follow('Shared dinner');
    const there = await person.inAnotherTab();
    await there.page.locator('#edit-value').fill('44');
    await there.press('Save');
    expect(await there.text('[role=status]')).toBe('The expense was saved.');
    await person.page.locator('#edit-description').fill('Shared supper');
    await person.press('Save');
    const conflict = await person.text('.versions');
    expect(conflict).toContain('Description Shared dinner Shared supper');
    expect(conflict).toContain('Value $44.00 $40.00');
    await documentPage(person.page, 'conflict');
    expect(await person.faults()).toEqual([]);
    await person.press('Save');
    expect(await person.heading()).toBe('Shared supper');
    expect(await person.text('.steps')).toContain('You updated it');
    await documentPage(person.page, 'expense');
    expect(await person.faults()).toEqual([]);
    await there.press('Delete');
    expect(await there.text('[role=status]')).toContain('nothing was deleted');
  });

  it('deletes an expense, and has it back once', async () => {
    await person.logInToWrite(ALICE);
    await add({ description: 'A slip', value: '1' });
    await person.follow('A slip');
    const address = person.page.url();
    await person.press('Delete');
    expect(await status()).toBe('“A slip” was deleted.');
    await documentPage(person.page, 'deleted');
    expect(await person.faults()).toEqual([]);
    await person.press('Undo');
    expect(await status()).toBe('The expense is back.');
    await person.goBack();
    expect(await person.page.getByRole('button', { name: 'Undo' }).count()).toBe(0);
    await person.open('/expenses?text=A slip');
    expect(await rows()).toHaveLength(1);
    await person.open(address);
    expect(await person.text()).toContain('This expense was deleted');
  });

  it('asks about a date in 2099, and shows this year all the same', async () => {
    await person.logInToWrite(ALICE);
    await add({ description: 'This month', value: '20' });
    await add({ description: 'Far away', value: '10', date: '2099-01-01' });
    expect(await person.text('.question')).toContain('Is the date right? It is Jan 1, 2099.');
    expect(await person.faults()).toEqual([]);
    await person.page.getByLabel('Yes, the date is right').check();
    await person.press('Add');
    expect(await status()).toBe('The expense was added.');
    const thisMonth = new Date().toLocaleString('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });
    const caption = () => person.text('.charts figcaption');
    expect(await caption()).toContain(thisMonth);
    await person.follow('The year after');
    expect(await caption()).toContain('January 2099');
    await person.goBack();
    await person.follow('The year before');
    expect(await caption()).toMatch(/20(21|25)/);
    await person.page.locator('.categories a').first().click();
    expect(await person.text('.filtered')).toContain('Category:');
  });

  it('understands the decimal comma, and writes it, where the browser’s language does', async () => {
    const german = await Person.arrive(browser, lab, { home: web.url, locale: 'de' });
    try {
      await german.logInToWrite(ALICE);
      await german.page.locator('#add-description').fill('Fahrkarte');
      await german.page.locator('#add-value').fill('1.234,50');
      await german.press('Add');
      await german.open('/expenses?text=Fahrkarte');
      expect(await german.text('table.expenses')).toMatch(/1\.234,50\s\$/u);
      await german.follow('Fahrkarte');
      expect(await german.page.locator('#edit-value').inputValue()).toBe('1234,50');
    } finally {
      await german.leave();
    }
  });

  it('begins the list in sight on every page, and leads forth and back', async () => {
    await person.logIn(BOB);
    const inSight = async () => {
      const box = await person.page.locator('table.expenses tbody tr').first().boundingBox();
      expect(box?.y).toBeGreaterThanOrEqual(0);
      expect(box?.y).toBeLessThan(760 - (box?.height ?? 0));
    };
    const seen: string[] = [];
    for (const range of ['1–25', '26–50', '51–75']) {
      expect(await person.text('#list')).toMatch(new RegExp(`^${range} of \\d+$`));
      await inSight();
      seen.push(...(await rows()));
      await person.follow('Older expenses');
    }
    expect(seen).toHaveLength(75);
    await person.follow('Newer expenses');
    expect(await person.text('#list')).toMatch(/^51–75 of/);
    expect(await rows()).toEqual(seen.slice(50));
    await person.follow('Largest');
    expect(await person.text('#list')).toMatch(/^1–25 of/);
  });

  it('prints all rows of the filter, and nothing to press', async () => {
    await person.logIn(BOB, '/expenses?currency=EUR');
    const count = /of (\d+)/.exec(await person.text('#list'))?.[1];
    await person.follow('Print view');
    expect(await person.faults()).toEqual([]);
    await person.page.emulateMedia({ media: 'print' });
    expect(await rows()).toHaveLength(Number(count));
    for (const hidden of ['form', 'nav', '.screen'])
      for (const part of await person.page.locator(hidden).all()) expect(await part.isVisible()).toBe(false);
    expect(await person.page.getByRole('heading', { level: 1 }).isVisible()).toBe(true);
  });

  it('stays readable on a phone, and in the system’s own colours', async () => {
    const onPhone = await Person.arrive(browser, lab, { home: web.url, ...PHONE });
    try {
      await onPhone.logInToWrite(ALICE);
      await onPhone.page.locator('#add-description').fill('Dinner with a description of some length');
      await onPhone.page.locator('#add-value').fill('1234567.89');
      await onPhone.page.locator('#add-category').fill(LONG_WORD);
      await onPhone.press('Add');
      expect(await onPhone.faults()).toEqual([]);
      const description = onPhone.page.locator('td.description', { hasText: 'Dinner with a' });
      expect((await description.boundingBox())?.width).toBeGreaterThan(120);
      expect((await description.boundingBox())?.height).toBeLessThan(120);
      await onPhone.page.emulateMedia({ forcedColors: 'active' });
      expect(await onPhone.faults()).toEqual([]);
    } finally {
      await onPhone.leave();
    }
  });
});
