import { jest } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { passTime } from '../../apps/web/test/support/clock.js';
import { Lab } from '../../apps/web/test/support/lab.js';
import { ALICE } from '../../apps/web/test/support/people.js';
import { describeInBrowser, launchChromium } from './support/chromium.js';
import { documentPage } from './support/images.js';
import { PHONE, Person } from './support/person.js';

describeInBrowser('All that is known of a person', () => {
  let lab: Lab;
  let browser: Browser;

  beforeAll(async () => {
    lab = await Lab.start();
    browser = await launchChromium();
  });
  afterEach(() => {
    jest.useRealTimers();
  });
  afterAll(async () => {
    await browser?.close();
    await lab?.close();
  });

  it('can be taken along as CSV and JSON, and erased, on a phone and without JavaScript', async () => {
    const person = await Person.arrive(browser, lab, PHONE);
    await person.logInToWrite(ALICE);
    await person.open('/user');
    expect(await person.faults()).toEqual([]);
    for (const [link, name] of [
      ['as CSV', 'expenses.csv'],
      ['as JSON', 'expenses.json'],
    ] as const) {
      const downloading = person.page.waitForEvent('download');
      await person.follow(link);
      const download = await downloading;
      expect(download.suggestedFilename()).toBe(name);
      expect(await readFile(await download.path(), 'utf8')).toContain('Pizza for a Coding Dojo session.');
    }
    await person.follow('Erase everything');
    expect(await person.faults()).toEqual([]);
    await documentPage(person.page, 'erase');
    await person.page.getByLabel('Yes, erase all my expenses').check();
    await person.press('Erase everything');
    expect(await person.text('[role=status]')).toBe('All your expenses were erased.');
    expect(await person.text('.empty')).toContain('No expenses yet');
    expect(await person.faults()).toEqual([]);
    await person.leave();
  });

  it('is erased by somebody only whose password was entered just now', async () => {
    const person = await Person.arrive(browser, lab);
    await person.logInToWrite(ALICE);
    await person.open('/user/erase');
    passTime(10 * 60);
    await person.page.getByLabel('Yes, erase all my expenses').check();
    await person.press('Erase everything');
    expect(await person.text('[role=alert]')).toContain('Nothing was erased yet.');
    expect(await person.faults()).toEqual([]);
    await person.follow('Confirm that it is you');
    await person.enterPassword(ALICE);
    // Whoever comes back is asked again: a login alone erases nothing.
    expect(await person.heading()).toBe('Erase everything');
    await person.page.getByLabel('Yes, erase all my expenses').check();
    await person.press('Erase everything');
    expect(await person.text('[role=status]')).toBe('All your expenses were erased.');
    await person.leave();
  });
});
