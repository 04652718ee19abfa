import { Lab } from './support/lab.js';
import { ALICE, BOB, loggedIn, logIn } from './support/people.js';
import type { Page, Visitor } from './support/visitor.js';

/** The end of a session: of all that the browser has, the cookie with its id no longer helps. */
function endSession(visitor: Visitor): void {
  for (const name of visitor.cookies.keys()) if (/^expenses(-\d+)?$/.test(name)) visitor.cookies.delete(name);
}

const field = (page: Page, id: string) => page.document.querySelector(`#${id}`)?.getAttribute('value');
const rowsOf = (page: Page) => page.texts('table.expenses tbody tr');
const submissionIn = (page: Page) => page.form('Add').fields.get('submission');

describe('What a person types', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start();
  });
  afterAll(() => lab?.close());

  async function expenseOfAlice(description: string) {
    const { visitor, page } = await aliceWhoMayWrite();
    const typed = { date: '2021-12-01', description, value: '10', currency: 'EUR' };
    const added = await visitor.press(page, 'Add', typed);
    return { visitor, page: await visitor.follow(added, description) };
  }

  async function aliceWhoMayWrite() {
    const { visitor, page } = await loggedIn(lab, ALICE);
    return { visitor, page: await logIn(visitor, lab, ALICE, page.link('Give permission')) };
  }

  describe('when the session has ended', () => {
    it('is there again after the login, and is added once', async () => {
      const { visitor, page } = await aliceWhoMayWrite();
      const typed = {
        date: '2021-10-01',
        description: 'Kept “over” a login',
        value: '7,50',
        currency: 'chf',
      };
      endSession(visitor);
      const back = await visitor.press(page, 'Add', typed);
      expect(back.url.href).toBe(`${lab.url}/expenses`);
      expect(back.text('#add')).toContain('was not added yet');
      expect(back.document.querySelector('#add')?.hasAttribute('open')).toBe(true);
      for (const [name, value] of Object.entries(typed)) expect(field(back, `add-${name}`)).toBe(value);
      expect(submissionIn(back)).toBe(submissionIn(page));
      expect(field(await visitor.open('/expenses'), 'add-description')).toBe(typed.description);
      const added = await visitor.press(back, 'Add');
      expect(added.text('[role=status]')).toBe('The expense was added.');
      expect(field(added, 'add-description')).toBe('');
      expect(rowsOf(added).filter((row) => row.includes('Kept “over” a login'))).toHaveLength(1);
    });

    it('is forgotten when the person says so', async () => {
      const { visitor, page } = await aliceWhoMayWrite();
      endSession(visitor);
      const back = await visitor.press(page, 'Add', { description: 'Better not', value: '1' });
      expect(field(await visitor.press(back, 'Discard'), 'add-description')).toBe('');
    });

    it('is not shown to somebody else who logs in', async () => {
      const { visitor, page } = await aliceWhoMayWrite();
      const { action, fields } = page.form('Add');
      fields.set('description', 'A secret of Alice');
      endSession(visitor);
      await visitor.request(action, { method: 'POST', body: fields });
      // Bob sits down at the browser, where nobody is logged in any more.
      for (const name of visitor.cookies.keys()) if (!name.includes('draft')) visitor.cookies.delete(name);
      const bobs = await logIn(visitor, lab, BOB, '/expenses');
      expect(bobs.heading).toBe('Your expenses');
      expect(bobs.body).not.toContain('A secret of Alice');
    });

    it('is not taken from another site', async () => {
      const { visitor, page } = await aliceWhoMayWrite();
      const { action, fields } = page.form('Add');
      endSession(visitor);
      await visitor.request(action, {
        method: 'POST',
        body: fields,
        headers: { 'sec-fetch-site': 'cross-site' },
      });
      expect([...visitor.cookies.keys()].some((name) => name.includes('draft'))).toBe(false);
    });

    it('is shown at once when it is too long to be kept', async () => {
      const { visitor, page } = await aliceWhoMayWrite();
      endSession(visitor);
      const shown = await visitor.press(page, 'Add', { description: 'long '.repeat(2000), value: '1' });
      expect([shown.status, shown.heading]).toEqual([413, 'Please log in again']);
      expect(shown.text('.facts')).toContain('long long long');
      expect(shown.link('Log in').pathname).toBe('/login');
    });

    it('as the longest that the API takes, is kept', async () => {
      const { visitor, page } = await aliceWhoMayWrite();
      const typed = { description: '💶'.repeat(500), category: '🍕'.repeat(50), value: '1' };
      endSession(visitor);
      const back = await visitor.press(page, 'Add', typed);
      expect(field(back, 'add-description')).toBe(typed.description);
      expect((await visitor.press(back, 'Add')).text('[role=status]')).toBe('The expense was added.');
    });
  });

  it('into the form of an expense is there again after a login', async () => {
    const { visitor, page } = await expenseOfAlice('Boat');
    endSession(visitor);
    const back = await visitor.press(page, 'Save', { value: '11' });
    expect(back.url.pathname).toBe(page.url.pathname);
    expect(back.text()).toContain('was not saved yet');
    expect(field(back, 'edit-value')).toBe('11');
    expect(field(await visitor.press(back, 'Save'), 'edit-value')).toBe('11.00');
  });
});
