import { Lab } from './support/lab.js';
import { ALICE, BOB, loggedIn, logIn } from './support/people.js';
import type { Page } from './support/visitor.js';

const NOBODY_LISTENS = 'http://localhost:9';

const field = (page: Page, id: string) => page.document.querySelector(`#${id}`)?.getAttribute('value');
const rowsOf = (page: Page) => page.texts('table.expenses tbody tr');

describe('What a person types', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start({ api: { DEFAULT_CURRENCY: 'EUR' } });
  });
  afterAll(() => lab?.close());

  async function aliceWhoMayWrite() {
    const { visitor, page } = await loggedIn(lab, ALICE);
    return { visitor, page: await logIn(visitor, lab, ALICE, page.link('Give permission')) };
  }

  it('stays in the form when the API is away, with the wait beside it', async () => {
    const other = await lab.startOtherWeb({ API_URL: NOBODY_LISTENS });
    try {
      const { visitor } = await loggedIn(lab, ALICE);
      const user = await logIn(visitor, lab, ALICE, `${other.url}/user`);
      const body = user.form('Log out').fields;
      const submission = '0b6b6e2c-8c39-4b7c-9d0a-3d1f3c1e2a4b';
      const typed = { date: '2021-10-02', description: 'Not lost', value: '3', submission };
      for (const [name, value] of Object.entries(typed)) body.set(name, value);
      const page = await visitor.open(`${other.url}/expenses`, { method: 'POST', body });
      expect([page.status, page.headers.get('retry-after')]).toEqual([503, '30']);
      expect(page.text('.trouble')).toContain('Please try again in 30 seconds.');
      const { fields } = page.form('Add');
      for (const [name, value] of Object.entries(typed)) expect(fields.get(name)).toBe(value);
    } finally {
      await other.close();
    }
  });

  it.each(['2099-01-01', '1989-12-31'])('is asked about when its date is %s', async (date) => {
    const { visitor, page } = await aliceWhoMayWrite();
    const asked = await visitor.press(page, 'Add', { date, description: `At ${date}`, value: '1' });
    expect(asked.status).toBe(422);
    expect(asked.text('.question')).toContain('Is the date right?');
    const still = await visitor.press(asked, 'Add', { confirmed: '' });
    expect(still.text('.question')).toContain('Is the date right?');
    const added = await visitor.press(asked, 'Add', { confirmed: date });
    expect(added.text('[role=status]')).toBe('The expense was added.');
  });

  it('has the currency of the person’s last expense, else that of the API', async () => {
    const { page: first } = await loggedIn(lab, BOB);
    expect(first.texts('table.expenses td.amount')[0]).toMatch(/^[$€]/);
    const { visitor, page } = await aliceWhoMayWrite();
    const added = await visitor.press(page, 'Add', {
      date: '2020-01-01',
      description: 'Old',
      value: '1',
      currency: 'GBP',
    });
    expect(field(added, 'add-currency')).toBe('GBP');
  });

  it.each([
    ['de', '1.234,50', '1.234,50\u00a0€', '1. Nov. 2021'],
    ['fr', '1 234,50', '1\u202f234,50\u00a0€', '1 nov. 2021'],
    ['es', '1234,50', '1234,50\u00a0€', '1 nov 2021'],
    ['en', '1,234.50', '€1,234.50', 'Nov 1, 2021'],
  ])('is read and shown as people write it in %s', async (language, value, shown) => {
    const { visitor, page } = await aliceWhoMayWrite();
    const { action, fields } = page.form('Add');
    const description = `In ${language}`;
    for (const [name, text] of Object.entries({ date: '2021-11-01', description, value, currency: 'EUR' }))
      fields.set(name, text);
    await visitor.request(action, { method: 'POST', body: fields, headers: { 'accept-language': language } });
    const list = await visitor.request(`/expenses?text=${description}`, {
      headers: { 'accept-language': language },
    });
    expect(list.texts('table.expenses td.amount')).toEqual([shown.replaceAll(/\s/gu, ' ')]);
  });

  async function expenseOfAlice(description: string) {
    const { visitor, page } = await aliceWhoMayWrite();
    const added = await visitor.press(page, 'Add', {
      date: '2021-12-01',
      description,
      value: '10',
      currency: 'EUR',
    });
    return { visitor, page: await visitor.follow(added, description) };
  }

  describe('to change an expense', () => {
    it('is saved', async () => {
      const { visitor, page } = await expenseOfAlice('Bus');
      expect(page.heading).toBe('Bus');
      expect(field(page, 'edit-value')).toBe('10.00');
      const saved = await visitor.press(page, 'Save', { value: '12,50', category: 'travel' });
      expect(saved.text('[role=status]')).toBe('The expense was saved.');
      expect([field(saved, 'edit-value'), field(saved, 'edit-category')]).toEqual(['12.50', 'travel']);
      const emptied = await visitor.press(saved, 'Save', { category: '' });
      expect(field(emptied, 'edit-category')).toBe('');
    });

    it('is refused beside its fields', async () => {
      const { visitor, page } = await expenseOfAlice('Train');
      const refused = await visitor.press(page, 'Save', { value: 'much', description: '' });
      expect(refused.status).toBe(422);
      expect(refused.text('#edit-value-error')).toBe('must be a number');
      expect(field(refused, 'edit-value')).toBe('much');
      expect((await visitor.press(refused, 'Save', { value: '1', description: 'Tram' })).heading).toBe(
        'Tram',
      );
    });

    it('stands beside what somebody else made of it meanwhile', async () => {
      const { visitor, page } = await expenseOfAlice('Hotel');
      await visitor.press(page, 'Save', { value: '80', category: 'travel' });
      const conflict = await visitor.press(page, 'Save', { value: '90', description: 'Hostel' });
      expect([conflict.status, conflict.text('#conflict')]).toEqual([409, 'Somebody changed it meanwhile']);
      expect(conflict.texts('.versions tbody tr > *')).toEqual([
        'Description',
        'Hotel',
        'Hostel',
        'Value',
        '€80.00',
        '€90.00',
        'Category',
        'travel',
        'none',
      ]);
      const saved = await visitor.press(conflict, 'Save');
      expect([saved.heading, field(saved, 'edit-value')]).toEqual(['Hostel', '90.00']);
    });

    it('is not needed to delete it, which can be undone once', async () => {
      const { visitor, page } = await expenseOfAlice('Ferry to the island');
      const deleted = await visitor.press(page, 'Delete');
      expect(deleted.text('form.notice')).toContain('“Ferry to the island” was deleted.');
      expect(rowsOf(deleted).some((row) => row.includes('Ferry to the island'))).toBe(false);
      // The button was pressed twice.
      expect((await visitor.press(page, 'Delete')).text('form.notice')).toContain('was deleted.');
      const restored = await visitor.press(deleted, 'Undo');
      expect(restored.text('[role=status]')).toBe('The expense is back.');
      const again = await visitor.press(deleted, 'Undo');
      expect(rowsOf(again).filter((row) => /Ferry to the island.*€10\.00$/.test(row))).toHaveLength(1);
    });

    it('is asked for again before it deletes what somebody changed meanwhile', async () => {
      const { visitor, page } = await expenseOfAlice('Canoe');
      await visitor.press(page, 'Save', { value: '80' });
      const kept = await visitor.press(page, 'Delete');
      expect(kept.text('[role=status]')).toContain('Somebody changed it meanwhile');
      expect((await visitor.press(kept, 'Delete')).text('form.notice')).toContain('“Canoe” was deleted.');
    });

    it('needs an expense of one’s own', async () => {
      const { page } = await expenseOfAlice('Mine alone');
      const { visitor } = await loggedIn(lab, BOB);
      expect((await visitor.open(page.url.pathname)).status).toBe(404);
    });
  });
});
