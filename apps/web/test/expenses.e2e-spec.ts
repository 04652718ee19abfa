import { Lab } from './support/lab.js';
import { ALICE, BOB, loggedIn, logIn } from './support/people.js';
import { Visitor } from './support/visitor.js';

describe('The pages about expenses', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start();
  });
  afterAll(() => lab?.close());

  /** The expenses page of Alice, who has given the permission to add. */
  async function aliceWhoMayAdd() {
    const { visitor, page } = await loggedIn(lab, ALICE);
    return { visitor, page: await logIn(visitor, lab, ALICE, page.link('Give permission')) };
  }

  it('need a login', async () => {
    const pages = { '/expenses': '/expenses', '/user': '/user', '/expenses.csv?min=5': '/expenses?min=5' };
    for (const [path, page] of Object.entries(pages)) {
      const answer = await new Visitor(lab.url).request(path);
      expect([answer.status, answer.headers.get('location')]).toEqual([
        303,
        `/login?return_to=${encodeURIComponent(page)}`,
      ]);
    }
  });

  it('are never stored, and allow no script, inline style or frame', async () => {
    const { visitor } = await loggedIn(lab, ALICE);
    for (const path of ['/', '/expenses', '/user', '/logout', '/nowhere']) {
      const page = await visitor.open(path);
      expect(page.headers.get('cache-control')).toBe('no-store');
      const policy = page.headers.get('content-security-policy');
      expect(policy).toContain("default-src 'none';style-src 'self';img-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(page.document.querySelectorAll('script, style, [style], [onclick]')).toHaveLength(0);
    }
    expect((await visitor.open('/expenses.csv')).headers.get('cache-control')).toBe('no-store');
  });

  it('greet by name and sum up on the home page', async () => {
    const { visitor } = await loggedIn(lab, ALICE);
    const home = await visitor.open('/');
    expect(home.heading).toBe('Hello, Alice Adams');
    expect(home.text('.totals')).toBe('USD $144.00 2 expenses');
  });

  it('show expenses newest first, with totals, charts and the numbers behind them', async () => {
    const { page } = await loggedIn(lab, ALICE);
    expect(page.texts('table.expenses tbody tr')).toEqual([
      expect.stringMatching(/^Aug 2, 2021.*Coffee for the hack night\..*food.*\$42\.00$/),
      expect.stringMatching(/^Jul 5, 2021.*Pizza for a Coding Dojo session\..*food.*\$102\.00$/),
    ]);
    expect(page.text('.totals')).toBe('USD $144.00 2 expenses');
    expect(page.texts('.months rect title')).toEqual(['July 2021: $102.00', 'August 2021: $42.00']);
    expect(page.text('.chart figcaption')).toBe('Per month July 2021 – August 2021');
    expect(page.texts('.numbers tbody tr')).toEqual([
      expect.stringMatching(/August 2021\s*1\s*\$42\.00/),
      expect.stringMatching(/July 2021\s*1\s*\$102\.00/),
    ]);
    expect(page.texts('.categories tbody tr')).toEqual([expect.stringMatching(/^food\s*\$144\.00$/)]);
  });

  it('lead through all pages, each expense once', async () => {
    const { visitor, page: first } = await loggedIn(lab, BOB);
    const rows: string[] = [];
    const count = first.texts('.totals span').reduce((sum, text) => sum + Number.parseInt(text, 10), 0);
    let page = first;
    for (;;) {
      const [, last, all] = /–(\d+) of (\d+)/.exec(page.text('#list')) ?? [];
      rows.push(...page.texts('table.expenses tbody tr time'));
      expect([Number(last), Number(all)]).toEqual([rows.length, count]);
      if (!page.texts('.pages a').includes('Older expenses')) break;
      page = await visitor.follow(page, 'Older expenses');
    }
    expect(rows).toHaveLength(count);
    expect(rows.map((row) => Date.parse(row))).toEqual(
      rows.map((row) => Date.parse(row)).toSorted((a, b) => b - a),
    );
    const back = await visitor.follow(page, 'Newer expenses');
    expect(back.texts('table.expenses tbody tr time')).toEqual(
      rows.slice(-25 - (rows.length % 25), -(rows.length % 25)),
    );
    expect((await visitor.follow(page, 'Back to the newest')).texts('table.expenses tr')).toEqual(
      first.texts('table.expenses tr'),
    );
  });

  it('never add currencies', async () => {
    const { page } = await loggedIn(lab, BOB);
    expect(page.texts('.totals dt')).toEqual(['USD', 'EUR']);
    expect(page.texts('figcaption')).toEqual([
      expect.stringMatching(/^Per month, in USD /),
      'Per category, in USD',
      expect.stringMatching(/^Per month, in EUR /),
      'Per category, in EUR',
    ]);
  });

  it('filter list, totals, charts and download alike', async () => {
    const { visitor, page } = await loggedIn(lab, BOB);
    const filtered = await visitor.press(page, 'Show', { category: 'travel', currency: 'eur', min: '100' });
    expect(filtered.url.searchParams.get('category')).toBe('travel');
    const rows = filtered.texts('table.expenses tbody tr');
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every((row) => /travel.*€\d{3}\.\d\d$/.test(row))).toBe(true);
    expect(filtered.texts('.filtered .tag')).toEqual(['Category: travel', 'Currency: EUR', 'At least: 100']);
    expect(filtered.texts('.totals dt')).toEqual(['EUR']);
    expect(filtered.texts('.categories td.name')).toEqual(['travel']);
    const csv = await visitor.follow(filtered, 'Download CSV');
    expect(csv.body.trim().split(/\r?\n/)).toHaveLength(
      1 + Number.parseInt(filtered.text('.totals span'), 10),
    );
    expect((await visitor.follow(filtered, 'Clear')).texts('.totals dt')).toEqual(['USD', 'EUR']);
  });

  it('say when nothing matches, and what is wrong with a filter', async () => {
    const { visitor, page } = await loggedIn(lab, ALICE);
    const none = await visitor.press(page, 'Show', { text: 'yacht' });
    expect(none.text('.empty')).toContain('Nothing matches these filters');
    const wrong = await visitor.press(page, 'Show', { min: 'much', from: '2021-01-01' });
    expect(wrong.status).toBe(200);
    expect(wrong.text('[role=alert] li')).toBe('At least: must be a decimal such as -10.5');
    expect(wrong.document.querySelector('input[name=min]')?.getAttribute('value')).toBe('much');
    const stale = await visitor.open('/expenses?cursor=nonsense');
    expect(stale.text('[role=alert]')).not.toBe('');
  });

  it('treat what users typed as text', async () => {
    const { visitor, page } = await loggedIn(lab, ALICE);
    const typed = '"><script>alert(1)</script>';
    const result = await visitor.press(page, 'Show', { text: typed });
    expect(result.document.querySelectorAll('script')).toHaveLength(0);
    expect(result.document.querySelector('input[name=text]')?.getAttribute('value')).toBe(typed);
  });

  it('download everything as CSV', async () => {
    const { visitor } = await loggedIn(lab, BOB);
    const csv = await visitor.open('/expenses.csv');
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="expenses.csv"');
    const lines = csv.body.trim().split(/\r?\n/);
    expect(lines[0]).toMatch(/date.*description.*value/);
    expect(lines.length).toBeGreaterThan(300);
  });

  describe('add an expense', () => {
    it('asks for the permission where it is needed, and then shows the form', async () => {
      const { visitor, page } = await loggedIn(lab, ALICE);
      expect(page.text('.tools')).toContain('create:expenses');
      const consent = await visitor.open(page.link('Give permission'));
      expect(consent.text()).toContain('Add expenses to your reports');
      const allowed = await visitor.press(consent, 'Accept');
      expect(allowed.url.pathname).toBe('/expenses');
      expect(allowed.form('Add').action.pathname).toBe('/expenses');
    });

    it('adds it once, however often the form is sent', async () => {
      const { visitor, page } = await aliceWhoMayAdd();
      const expense = { date: '2021-09-01', description: 'Bus & "tram"', value: '3.20', currency: 'eur' };
      const added = await visitor.press(page, 'Add', expense);
      expect(added.text('[role=status]')).toBe('The expense was added.');
      await visitor.press(page, 'Add', expense);
      const rows = (await visitor.open('/expenses')).texts('table.expenses tbody tr');
      expect(rows.filter((row) => row.includes('Bus & "tram"'))).toHaveLength(1);
      expect(rows[0]).toMatch(/^Sep 1, 2021.*€3\.20$/);
    });

    it('shows the faults that the API finds beside the fields, and keeps what was typed', async () => {
      const { visitor, page } = await aliceWhoMayAdd();
      const refused = await visitor.press(page, 'Add', {
        date: '',
        description: ' ',
        value: 'free',
        currency: 'XXX',
      });
      expect(refused.status).toBe(422);
      for (const name of ['date', 'description', 'value', 'currency']) {
        expect(refused.text(`#add-${name}-error`)).not.toBe('');
        expect(refused.document.querySelector(`#add-${name}`)?.getAttribute('aria-invalid')).toBe('true');
      }
      expect(refused.text('#add-value-error')).toBe('must be a number');
      expect(refused.document.querySelector('#add-value')?.getAttribute('value')).toBe('free');
      const corrected = await visitor.press(refused, 'Add', {
        date: '2021-09-02',
        description: 'Corrected',
        value: '1',
        currency: '',
      });
      expect(corrected.text('[role=status]')).toBe('The expense was added.');
    });

    it.each([undefined, '', 'forged'])('refuses a form with the CSRF token %p', async (csrf) => {
      const { visitor } = await aliceWhoMayAdd();
      const body = new URLSearchParams({
        date: '2021-09-03',
        description: 'Forged',
        value: '1',
        ...(csrf && { csrf }),
      });
      const page = await visitor.open('/expenses', { method: 'POST', body });
      expect([page.status, page.heading]).toEqual([403, 'This form is out of date']);
      expect((await visitor.open('/expenses?text=Forged')).texts('table.expenses tbody tr')).toEqual([]);
    });

    it('refuses the CSRF token of another browser', async () => {
      const { page: others } = await aliceWhoMayAdd();
      const { visitor } = await aliceWhoMayAdd();
      const { fields } = others.form('Add');
      const page = await visitor.open('/expenses', { method: 'POST', body: fields });
      expect(page.status).toBe(403);
    });

    it('explains that the user may not have the permission', async () => {
      const { visitor, page } = await loggedIn(lab, BOB);
      const refused = await logIn(visitor, lab, BOB, page.link('Give permission'));
      expect([refused.status, refused.heading]).toEqual([403, 'Not granted to you']);
      expect(refused.texts('.permissions code')).toContain('create:expenses');
      expect((await visitor.follow(refused, 'Go on without')).heading).toBe('Your expenses');
    });
  });

  describe('after logout', () => {
    it('are closed here and at the issuer', async () => {
      const { visitor, page } = await loggedIn(lab, ALICE);
      const session = visitor.cookies.get(lab.cookie) ?? '';
      const home = await visitor.press(page, 'Log out');
      expect(home.url.href).toBe(`${lab.url}/?state=logged-out`);
      expect(home.text('[role=status]')).toBe('You are logged out, here and at the login service.');
      expect(home.link('Log in').pathname).toBe('/login');
      expect((await visitor.open('/expenses')).heading).toBe('Log in');
      const replayed = new Visitor(lab.url);
      replayed.cookies.set(lab.cookie, session);
      expect((await replayed.request('/expenses')).status).toBe(303);
    });

    it('cannot be reached by a link or form of another site', async () => {
      const { visitor } = await loggedIn(lab, ALICE);
      expect((await visitor.open('/logout')).heading).toBe('Log out?');
      expect((await visitor.open('/logout', { method: 'POST', body: new URLSearchParams() })).status).toBe(
        403,
      );
      expect((await visitor.open('/user')).heading).toBe('Alice Adams');
    });

    it('say so to whoever was not logged in', async () => {
      const visitor = new Visitor(lab.url);
      expect((await visitor.open('/logout')).heading).toBe('You are logged out');
      expect((await visitor.open('/logout', { method: 'POST' })).url.pathname).toBe('/');
    });
  });
});
