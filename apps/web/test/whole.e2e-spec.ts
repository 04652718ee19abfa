import { Lab } from './support/lab.js';
import { ALICE, BOB, loggedIn, logIn, MANAGER } from './support/people.js';
import { type Page, Visitor } from './support/visitor.js';

const rowsOf = (page: Page) => page.texts('table.expenses tbody tr');

/** Chooses a file on the import page, and looks at it. */
async function upload(visitor: Visitor, content: string | Blob, accept?: string): Promise<Page> {
  const page = await visitor.open('/expenses/import');
  const { action, fields } = page.form('Look at it');
  const body = new FormData();
  body.set('csrf', fields.get('csrf') ?? '');
  body.set('file', new Blob([content], { type: 'text/csv' }), 'expenses.csv');
  return visitor.open(action, { method: 'POST', body, ...(accept !== undefined && { headers: { accept } }) });
}

describe('Expenses as a whole', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start();
  });
  afterAll(() => lab?.close());

  async function aliceWhoMayWrite() {
    const { visitor, page } = await loggedIn(lab, ALICE);
    return { visitor, page: await logIn(visitor, lab, ALICE, page.link('Give permission')) };
  }

  describe('come from a file', () => {
    it('with a look at its rows and what would happen, and then once', async () => {
      const { visitor } = await aliceWhoMayWrite();
      const preview = await upload(
        visitor,
        'date,description,value\n2026-04-01,Bread,3.50\n2026-04-02,Milk,1.20\n',
      );
      expect(preview.text('#outcome')).toBe('2 expenses to import');
      expect(preview.texts('.preview th')).toEqual(['date', 'description', 'value']);
      expect(preview.texts('.preview td')).toEqual([
        '2026-04-01',
        'Bread',
        '3.50',
        '2026-04-02',
        'Milk',
        '1.20',
      ]);
      expect(rowsOf(await visitor.open('/expenses?text=Bread'))).toEqual([]);
      const imported = await visitor.press(preview, 'Import 2 expenses');
      expect(imported.text('[role=status]')).toBe('2 expenses imported.');
      expect((await visitor.press(preview, 'Import 2 expenses')).heading).toBe('Import a file');
      expect(rowsOf(await visitor.open('/expenses?text=Bread'))).toHaveLength(1);
    });

    it('only when it has no faults, which are shown by line', async () => {
      const { visitor } = await aliceWhoMayWrite();
      const faulty = await upload(visitor, 'date,description,value\n2026-04-01,Bread,3.50\nsoon,Milk,much\n');
      expect(faulty.text('#outcome')).toBe('The file cannot be imported yet');
      expect(faulty.texts('.faults tbody tr td:nth-child(1)')).toEqual(['3', '3']);
      expect(faulty.texts('.faults tbody tr td:nth-child(2)').toSorted()).toEqual(['date', 'value']);
    });

    it('that was downloaded here', async () => {
      const { visitor } = await aliceWhoMayWrite();
      const csv = await visitor.open('/expenses.csv');
      const preview = await upload(visitor, csv.body);
      expect(preview.text('#outcome')).toBe('0 expenses to import');
      expect(preview.text()).toMatch(/\d+ rows are there already, and will be skipped\./);
      expect(preview.text('.preview')).not.toContain('not known');
    });

    it('that is chosen again when a login was needed first', async () => {
      const { visitor } = await aliceWhoMayWrite();
      const page = await visitor.open('/expenses/import');
      visitor.cookies.delete(lab.cookie);
      const body = new FormData();
      body.set('csrf', page.form('Look at it').fields.get('csrf') ?? '');
      body.set('file', new Blob(['date,description,value\n']), 'expenses.csv');
      const headers = { accept: 'application/json' };
      // A script is told so, and sends the form as a form.
      const toScript = await visitor.request('/expenses/import', { method: 'POST', body, headers });
      expect(toScript.status).toBe(401);
      const back = await visitor.open('/expenses/import', { method: 'POST', body });
      expect(back.text('[role=alert]')).toContain('You had to log in first');
    });

    it('of this person only, and of this browser', async () => {
      const { visitor } = await aliceWhoMayWrite();
      const preview = await upload(visitor, 'date,description,value\n2026-04-01,Secret bread,3.50\n');
      const { visitor: bob } = await loggedIn(lab, BOB);
      const others = await bob.open(preview.url.pathname);
      expect(others.text()).toContain('The file is no longer here');
      expect(others.body).not.toContain('Secret bread');
    });

    it('that is sent with the token of the form, by which alone it is taken', async () => {
      const { visitor } = await aliceWhoMayWrite();
      const body = new FormData();
      body.set('csrf', 'forged');
      body.set('file', new Blob(['date']), 'expenses.csv');
      expect((await visitor.open('/expenses/import', { method: 'POST', body })).status).toBe(403);
    });

    it('with a script for its progress on this page alone', async () => {
      const { visitor } = await aliceWhoMayWrite();
      const page = await visitor.open('/expenses/import');
      expect(page.headers.get('content-security-policy')).toContain("script-src 'self';connect-src 'self'");
      expect((await visitor.open('/expenses')).headers.get('content-security-policy')).not.toContain(
        'script-src',
      );
      const answer = await upload(visitor, 'date,description,value\n', 'application/json');
      expect([answer.status, JSON.parse(answer.body)]).toEqual([
        201,
        { location: expect.stringMatching(/^\/expenses\/import\/[0-9a-f-]{36}$/) },
      ]);
    });
  });

  describe('of everybody', () => {
    it('are shown to a manager, by person and together, and marked', async () => {
      const { visitor, page } = await loggedIn(lab, MANAGER);
      const everybody = await visitor.open(page.link('Everybody'));
      expect(everybody.text('.foreign')).toBe('These are not only your own.');
      expect(everybody.texts('.owners tbody a')).toEqual(
        expect.arrayContaining(['auth0|alice', 'auth0|bob']),
      );
      const bobs = await visitor.follow(everybody, 'auth0|bob');
      expect([bobs.heading, bobs.text('.foreign')]).toEqual([
        'Expenses of auth0|bob',
        'These are not your own. Everybody’s',
      ]);
      expect(rowsOf(bobs)).toHaveLength(25);
      expect(rowsOf(await visitor.follow(bobs, 'Older expenses'))).toHaveLength(25);
      const csv = await visitor.follow(bobs, 'Download CSV');
      expect(csv.body.trim().split('\n').length).toBeGreaterThan(300);
      expect((await visitor.follow(everybody, 'Download totals as CSV')).body).toContain('auth0|bob');
    });

    it('are summed up by person as far as the filters let them through', async () => {
      const { visitor } = await loggedIn(lab, MANAGER);
      const some = await visitor.open('/everyone?category=travel&currency=EUR');
      expect(some.texts('.owners tbody td:nth-child(3)')).toEqual(some.texts('.totals strong'));
      const sums = await visitor.follow(some, 'Download totals as CSV');
      expect(sums.body.trim().split('\n')).toHaveLength(2);
      const faulty = await visitor.open('/everyone?min=much');
      expect(faulty.text('[role=alert]')).toContain('At least');
    });

    it('are nothing that anybody else hears of', async () => {
      const { visitor, page } = await loggedIn(lab, BOB);
      expect(page.body).not.toMatch(/everybody|everyone|all_reports/i);
      for (const path of [
        '/everyone',
        '/everyone?owner=auth0|alice',
        '/everyone.csv',
        '/everyone/totals.csv',
      ]) {
        const none = await visitor.open(path);
        expect([none.status, none.heading]).toEqual([404, 'Page not found']);
      }
    });
  });

  describe('of one person', () => {
    it('have a history that says who did what', async () => {
      const { visitor, page } = await aliceWhoMayWrite();
      const typed = { date: '2026-05-01', description: 'Book', value: '10', currency: 'EUR' };
      const book = await visitor.follow(await visitor.press(page, 'Add', typed), 'Book');
      const saved = await visitor.press(book, 'Save', { value: '12' });
      expect(saved.texts('.steps strong')).toEqual(['You', 'You']);
      expect(saved.text('.steps li')).toMatch(/You updated it .* Value: €10\.00 €12\.00/);
      await visitor.press(saved, 'Delete');
      const gone = await visitor.open(book.url.pathname);
      expect(gone.text('#gone')).toBe('This expense was deleted');
      expect((await visitor.press(gone, 'Add it again')).text('[role=status]')).toBe('The expense is back.');
    });

    it('are printed with all rows that the filters let through, in their order', async () => {
      const { visitor } = await loggedIn(lab, BOB);
      const list = await visitor.open('/expenses?sort=value&currency=USD');
      const printed = await visitor.follow(list, 'Print view');
      expect(rowsOf(list)).toHaveLength(25);
      const count = Number(/of (\d+)/.exec(list.text('#list'))?.[1]);
      expect(rowsOf(printed)).toHaveLength(count);
      expect(printed.text('.totals')).toBe(list.text('.totals'));
      expect(printed.texts('table .amount').slice(1, 26)).toEqual(list.texts('table.expenses td.amount'));
      expect(printed.document.querySelectorAll('main form')).toEqual([]);
      const csv = await visitor.follow(list, 'Download CSV');
      expect(csv.body.trim().split('\n')).toHaveLength(count + 1);
      const nothing = await visitor.open('/expenses/print?text=yacht');
      expect([nothing.status, rowsOf(nothing)]).toEqual([200, []]);
      expect((await visitor.open('/expenses/print?min=much')).status).toBe(400);
      const { visitor: manager } = await loggedIn(lab, MANAGER);
      const everybody = await manager.follow(await manager.open('/everyone'), 'Print view');
      expect(everybody.texts('td.owner')).toEqual(expect.arrayContaining(['auth0|alice', 'auth0|bob']));
    });

    it('are a page when they cannot be downloaded or printed', async () => {
      const { visitor } = await loggedIn(lab, BOB);
      const web = await lab.startOtherWeb({ API_URL: 'http://localhost:9' });
      try {
        const there = new Visitor(web.url);
        await logIn(there, lab, BOB, '/user');
        for (const path of ['/expenses.csv', '/expenses.json', '/expenses/print']) {
          const page = await there.open(path);
          expect([page.status, page.headers.get('content-disposition')]).toEqual([503, null]);
          expect(page.heading).toBe('The expenses service cannot be reached');
        }
      } finally {
        await web.close();
      }
      visitor.cookies.delete(lab.cookie);
      const page = await visitor.open('/expenses.json');
      expect(page.url.pathname).toBe('/user');
    });

    it('can be taken along and erased', async () => {
      const { visitor } = await aliceWhoMayWrite();
      const all = JSON.parse((await visitor.open('/expenses.json')).body) as unknown[];
      expect(all.length).toBeGreaterThan(2);
      const user = await visitor.open('/user');
      const question = await visitor.follow(user, 'Erase everything');
      const unsure = await visitor.press(question, 'Erase everything', { sure: '' });
      expect(unsure.text('[role=alert]')).toContain('Nothing was erased.');
      const erased = await visitor.press(question, 'Erase everything', { sure: 'yes' });
      expect(erased.text('[role=status]')).toBe('All your expenses were erased.');
      expect(JSON.parse((await visitor.open('/expenses.json')).body)).toEqual([]);
    });
  });
});
