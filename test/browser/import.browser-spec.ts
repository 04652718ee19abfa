import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { Lab } from '../../apps/web/test/support/lab.js';
import { ALICE } from '../../apps/web/test/support/people.js';
import { describeInBrowser, launchChromium } from './support/chromium.js';
import { documentPage } from './support/images.js';
import { PHONE, Person, type PersonOptions } from './support/person.js';

/** So slow that the progress of some hundred kilobytes can be seen, in bytes a second. */
const SLOW = 150_000;
const SHARE_SENT = "(({ value, max }) => value / max)(document.querySelector('progress'))";

describeInBrowser('The import of a file in a browser', () => {
  let lab: Lab;
  let browser: Browser;

  beforeAll(async () => {
    lab = await Lab.start();
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await lab?.close();
  });

  /** Alice at the import page. */
  async function atTheImport(options: PersonOptions = {}): Promise<Person> {
    const person = await Person.arrive(browser, lab, options);
    await person.logInToWrite(ALICE);
    await person.open('/expenses/import');
    return person;
  }

  it('shows the rows and what would happen, and then imports them, without JavaScript', async () => {
    const person = await atTheImport();
    expect(await person.faults()).toEqual([]);
    await choose(person, 'date,description,value\n2026-04-01,Bread,3.50\n2026-04-02,Milk,1.20\n');
    await person.press('Look at it');
    expect(await person.text('#outcome')).toBe('2 expenses to import');
    expect(await person.text('.preview')).toContain('2026-04-02 Milk 1.20');
    expect(await person.faults()).toEqual([]);
    await documentPage(person.page, 'import-preview');
    await person.press('Import 2 expenses');
    expect(await person.text('[role=status]')).toBe('2 expenses imported.');
    await person.leave();
  });

  it('names each fault with its line, on a phone too, and imports nothing', async () => {
    const person = await atTheImport(PHONE);
    expect(await person.faults()).toEqual([]);
    await choose(person, 'date,description,value\n2026-04-01,Beans,3.50\nsoon,Peas,much\n');
    await person.press('Look at it');
    expect(await person.text('[role=alert]')).toContain('Nothing was imported');
    const faults = await person.page.locator('.faults tbody tr').allInnerTexts();
    expect(faults.map((row) => row.split('\t').slice(0, 2).join(' ')).toSorted()).toEqual([
      '3 date',
      '3 value',
    ]);
    expect(await person.faults()).toEqual([]);
    await person.open('/expenses?text=Beans');
    expect(await person.text('.empty')).toContain('Nothing matches');
    await person.leave();
  });

  it('takes our own download back, and books nothing twice', async () => {
    const person = await atTheImport();
    await person.open('/expenses');
    const downloading = person.page.waitForEvent('download');
    await person.follow('Download CSV');
    const file = await readFile(await (await downloading).path(), 'utf8');
    await person.open('/expenses/import');
    await choose(person, file);
    await person.press('Look at it');
    expect(await person.text('#outcome')).toBe('0 expenses to import');
    expect(await person.text()).toContain('rows are there already');
    expect(await person.text('.preview')).not.toContain('not known');
    await person.leave();
  });

  it('says that a file is to be chosen again when a login was needed first', async () => {
    const person = await atTheImport();
    await choose(person, 'date,description,value\n2026-04-01,Bread,3.50\n');
    await person.forgetSession();
    await person.press('Look at it');
    expect(await person.text('[role=alert]')).toBe(
      'You had to log in first, and nothing was sent. Choose the file again.',
    );
    await person.leave();
  });

  it('shows how much of a large file has been sent, where there is JavaScript', async () => {
    const person = await atTheImport({ javaScriptEnabled: true });
    const lines = Array.from({ length: 9000 }, (_, line) => `2026-05-01,Row ${line} of a large file,1.50`);
    await choose(person, `date,description,value\n${lines.join('\n')}\n`);
    const devtools = await person.page.context().newCDPSession(person.page);
    await devtools.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: SLOW,
    });
    const progress = person.page.locator('progress');
    expect(await progress.isVisible()).toBe(false);
    await person.press('Look at it');
    await progress.waitFor({ state: 'visible' });
    const shares = new Set<number>();
    while (await progress.isVisible().catch(() => false)) {
      shares.add(await person.page.evaluate<number>(SHARE_SENT).catch(() => 1));
    }
    expect([...shares].some((share) => share > 0 && share < 1)).toBe(true);
    await person.page.waitForURL(/\/expenses\/import\/[0-9a-f-]{36}$/);
    expect(await person.text('#outcome')).toBe('9,000 expenses to import');
    await person.leave();
  });

  it('leads to the login and back, with JavaScript, too', async () => {
    const person = await atTheImport({ javaScriptEnabled: true });
    await choose(person, 'date,description,value\n2026-04-01,Bread,3.50\n');
    await person.forgetSession();
    await person.press('Look at it');
    await person.page.waitForURL(/problem=login/);
    expect(await person.text('[role=alert]')).toContain('You had to log in first');
    await person.leave();
  });
});

/** Chooses a file with this content. */
function choose(person: Person, content: string): Promise<void> {
  return person.page.locator('#chosen').setInputFiles({
    name: 'expenses.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(content),
  });
}
