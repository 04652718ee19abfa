import type { Browser } from 'playwright-core';
import { Lab } from '../../apps/web/test/support/lab.js';
import { BOB, MANAGER } from '../../apps/web/test/support/people.js';
import { describeInBrowser, launchChromium } from './support/chromium.js';
import { documentPage } from './support/images.js';
import { PHONE, Person } from './support/person.js';

describeInBrowser('Everybody’s expenses in a browser without JavaScript', () => {
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

  it.each([
    ['on a wide screen', {}],
    ['on a phone', PHONE],
  ])('are shown to a manager, together and by person, %s', async (_where, options) => {
    const manager = await Person.arrive(browser, lab, options);
    await manager.logIn(MANAGER);
    await manager.follow('Everybody');
    expect(await manager.text('.foreign')).toBe('These are not only your own.');
    expect(await manager.text('.owners')).toMatch(/auth0\|alice 2 \$144\.00/);
    expect(await manager.faults()).toEqual([]);
    if (options !== PHONE) await documentPage(manager.page, 'everyone');
    await manager.follow('auth0|bob');
    expect(await manager.heading()).toBe('Expenses of auth0|bob');
    expect(await manager.text('.foreign')).toBe('These are not your own. Everybody’s');
    // There is nothing to add, change or delete in what is somebody else's.
    expect(await manager.page.locator('#add, td.description a').count()).toBe(0);
    expect(await manager.faults()).toEqual([]);
    for (const link of ['Download CSV', 'Everybody’s', 'Download totals as CSV']) {
      if (!link.startsWith('Download')) {
        await manager.follow(link);
        continue;
      }
      const downloading = manager.page.waitForEvent('download');
      await manager.follow(link);
      expect((await downloading).suggestedFilename()).toMatch(/\.csv$/);
    }
    await manager.leave();
  });

  it('are nothing that anybody else hears of', async () => {
    const person = await Person.arrive(browser, lab);
    await person.logIn(BOB);
    expect(await person.page.content()).not.toMatch(/everybody|everyone|all_reports/i);
    await person.open('/everyone');
    expect(await person.heading()).toBe('Page not found');
    await person.leave();
  });
});
