import { randomBytes, scryptSync } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { Lab } from '../../apps/web/test/support/lab.js';
import { ALICE, BOB } from '../../apps/web/test/support/people.js';
import { describeInBrowser, launchChromium } from './support/chromium.js';
import { ForgetfulProxy } from './support/forgetful-proxy.js';
import { Gate } from './support/gate.js';
import { documentPage } from './support/images.js';
import { PHONE, Person } from './support/person.js';

/** A password as one keyboard writes it, in one character for a letter and its accent (NFC). */
const COMPOSED = 'Crème brûlée für Élise'.normalize('NFC');

describeInBrowser('Logging in, in a browser without JavaScript', () => {
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

  const path = () => person.page.url().replace(lab.url, '');

  it('survives Back and Forward over the whole way, and ends where it was to', async () => {
    await person.logIn(ALICE, '/expenses?text=pizza');
    expect(path()).toBe('/expenses?text=pizza');
    await person.goBack();
    // The issuer's page is used up: it says so, and leads to the application.
    expect(await person.heading()).toBe('This page has expired');
    await documentPage(person.page, 'expired');
    expect(await person.faults()).toEqual([]);
    await person.follow('Go back to Expenses web application');
    expect(await person.heading()).toBe('Hello, Alice Adams');
  });

  it('survives a reload of every page on the way', async () => {
    await person.open('/user');
    await person.reload();
    await person.enterPassword(ALICE, 'wrong');
    await person.reload();
    expect(await person.heading()).toBe('Log in');
    // The address that the form was posted to, as a bookmark has it.
    await person.open(person.page.url());
    expect(await person.heading()).toBe('Log in');
    await person.enterPassword(ALICE);
    if ((await person.heading()) === 'Allow access?') await person.reload();
    await person.acceptIfAsked();
    expect(path()).toBe('/user');
    await person.reload();
    expect(await person.heading()).toBe('Alice Adams');
  });

  it('arrives at its page when the answer comes too late, or a second time', async () => {
    const answers: string[] = [];
    person.page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/callback') answers.push(request.url());
    });
    await person.logIn(ALICE, '/user');
    const [answer = ''] = answers;
    await person.open(answer);
    expect(path()).toBe('/user');
    // Without any cookie of ours the login is begun once more, by itself; the issuer knows who it is.
    await person.page.context().clearCookies({ name: /^expenses/ });
    await person.open(answer);
    expect([path(), await person.heading()]).toEqual(['/user', 'Alice Adams']);
  });

  it('works by another name of this machine', async () => {
    await person.open(`http://127.0.0.1:${new URL(lab.url).port}/expenses?text=pizza`);
    await person.enterPassword(ALICE);
    await person.acceptIfAsked();
    expect(person.page.url()).toBe(`${lab.url}/expenses?text=pizza`);
  });

  it('says that there is a fault, in title and fields, and keeps the address that was typed', async () => {
    await person.open('/expenses');
    await person.enterPassword(ALICE, 'wrong');
    expect(await person.page.title()).toMatch(/^Not logged in/);
    for (const label of ['E-mail address', 'Password'])
      expect(await person.page.getByLabel(label).getAttribute('aria-invalid')).toBe('true');
    expect(await person.page.getByLabel('E-mail address').inputValue()).toBe(ALICE);
    expect(await person.faults()).toEqual([]);
    await person.enterPassword(ALICE, 'x'.repeat(20_000));
    expect(await person.text('[role=alert]')).toContain('too long');
    await person.enterPassword(ALICE);
    await person.acceptIfAsked();
    expect(await person.heading()).toBe('Your expenses');
  });

  it('after a decline names what is missing alone, and goes on without', async () => {
    await person.logIn(ALICE, '/expenses?add=1');
    await person.follow('Give permission');
    if ((await person.heading()) === 'Allow access?') {
      await person.press('Decline');
      expect(await person.heading()).toBe('You declined');
      const missing = await person.page.locator('.permissions code').allInnerTexts();
      expect(missing).toEqual(['create:expenses', 'update:expenses', 'delete:expenses', 'read:history']);
      await documentPage(person.page, 'declined-more');
      expect(await person.faults()).toEqual([]);
      await person.follow('Go on without');
    }
    expect(path()).toBe('/expenses?add=1');
    expect(await person.page.locator('table.expenses').isVisible()).toBe(true);
  });

  it('as somebody who may not write says so, and goes on without', async () => {
    await person.logIn(BOB, '/expenses?add=1');
    await person.follow('Give permission');
    expect(await person.heading()).toBe('Not granted to you');
    expect(await person.faults()).toEqual([]);
    await person.follow('Go on without');
    expect(await person.heading()).toBe('Your expenses');
  });

  it('has a page for every bad address, on a phone, too', async () => {
    const onPhone = await Person.arrive(browser, lab, PHONE);
    for (const address of ['/%ff', '/nowhere', '/expenses/nowhere', '/assets/nowhere', '//', '/?a=%']) {
      await onPhone.page.goto(lab.url + address);
      expect(await onPhone.page.locator('h1').count()).toBe(1);
      expect(await onPhone.page.locator('main a').count()).toBeGreaterThan(0);
      expect(await onPhone.faults()).toEqual([]);
    }
    for (const address of ['nowhere', 'interaction/none', 'authorize', 'oidc/logout/success', '%ff']) {
      await onPhone.page.goto(lab.issuer.issuer + address);
      expect(await onPhone.page.locator('h1').count()).toBe(1);
      expect(await onPhone.faults()).toEqual([]);
    }
    await onPhone.leave();
  });
});

describeInBrowser('Logging in, where something is in the way', () => {
  let lab: Lab;
  let gate: Gate;
  let browser: Browser;

  beforeAll(async () => {
    const salt = randomBytes(16);
    const [N, r, p] = [16_384, 8, 1];
    const hash = scryptSync(COMPOSED, salt, 32, { N, r, p });
    const passwordHash = `scrypt$${N}$${r}$${p}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
    lab = await Lab.start({
      tenant: ({ users }) => {
        for (const user of users)
          if (user.email === BOB) Object.assign(user, { passwordHash, hint: COMPOSED });
      },
    });
    gate = await Gate.before(lab.apiUrl);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await gate?.close();
    await lab?.close();
  });

  it('takes a password whose accents another keyboard writes by themselves', async () => {
    const person = await Person.arrive(browser, lab);
    await person.open('/user');
    await person.enterPassword(BOB, COMPOSED.normalize('NFD'));
    await person.acceptIfAsked();
    expect(await person.heading()).toBe('Bob Brown');
    await person.leave();
  });

  it('says that the browser keeps no cookies, and neither circles nor blames the person', async () => {
    const proxy = await ForgetfulProxy.start();
    const person = await Person.arrive(browser, lab, { proxy: { server: proxy.url } });
    let requests = 0;
    person.page.on('request', () => (requests += 1));
    await person.open('/expenses');
    expect(await person.heading()).toBe('Your browser keeps no cookies');
    expect(requests).toBeLessThan(12);
    expect(await person.faults()).toEqual([]);
    await person.leave();
    await proxy.close();
  });

  it('downloads after a login end on their page, and errors of downloads are pages', async () => {
    const person = await Person.arrive(browser, lab, { home: lab.url });
    const web = await lab.startOtherWeb({ API_URL: gate.url });
    try {
      let downloads = 0;
      person.page.on('download', () => (downloads += 1));
      await person.logIn(ALICE, `${web.url}/expenses.csv`);
      expect(person.page.url()).toBe(`${web.url}/expenses`);
      gate.shut();
      await person.open(`${web.url}/expenses.csv`);
      expect(await person.heading()).toBe('The expenses service cannot be reached');
      await person.open(`${web.url}/expenses.json`);
      expect(await person.heading()).toBe('The expenses service cannot be reached');
      expect(downloads).toBe(0);
      await person.leave();
    } finally {
      await web.close();
    }
  });
});
