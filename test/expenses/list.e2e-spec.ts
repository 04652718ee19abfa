import { listQuery } from '../../src/expenses/expenses.query.js';
import { describeOnBothEngines } from '../support/databases.js';
import { type Caller, type ExpenseAnswer, Ledger, nextPage, pointers } from '../support/ledger.js';

const dinner = { date: '2026-03-31', description: 'Dinner', value: 20 };

const ids = (expenses: readonly ExpenseAnswer[]) => expenses.map(({ id }) => id);

/** Follows the links from page to page. */
async function walk(
  caller: Caller,
  first: string,
  onPage: () => Promise<unknown> = () => Promise.resolve(),
): Promise<ExpenseAnswer[]> {
  const seen: ExpenseAnswer[] = [];
  for (let url: string | undefined = first; url !== undefined;) {
    const page = await caller('GET', url);
    expect(page.statusCode).toBe(200);
    seen.push(...page.json<ExpenseAnswer[]>());
    url = nextPage(page);
    await onPage();
  }
  return seen;
}

const add = async (caller: Caller, fields: object): Promise<ExpenseAnswer> => {
  const answer = await caller('POST', '/expenses', { payload: { ...dinner, ...fields } });
  expect(answer.statusCode).toBe(201);
  return answer.json();
};

describeOnBothEngines('The list', (engine) => {
  let ledger: Ledger;

  beforeAll(async () => {
    ledger = await Ledger.start(engine);
  });

  afterAll(() => ledger?.close());

  const accountant = () => ledger.as('accountant', ['read:reports', 'read:all_reports']);

  it('is a bare array, newest date first and within a date the last one added', async () => {
    const caller = ledger.as('order');
    const march = await add(caller, { date: '2026-03-01' });
    const april = await add(caller, { date: '2026-04-01' });
    const marchToo = await add(caller, { date: '2026-03-01' });
    const answer = await caller('GET', '/');
    expect(answer.json()).toEqual([april, marchToo, march]);
    expect(answer.headers.link).toBeUndefined();
  });

  describe('page by page', () => {
    it('holds every expense once, whatever the size of a page', async () => {
      const caller = ledger.as('pages');
      for (let index = 0; index < 13; index++) await add(caller, { date: `2026-01-0${(index % 4) + 1}` });
      const all = (await caller('GET', '/')).json<ExpenseAnswer[]>();
      expect(all).toHaveLength(13);
      for (const limit of [1, 5, 12, 13, 14]) {
        expect(ids(await walk(caller, `/?limit=${limit}`))).toEqual(ids(all));
      }
    });

    it('keeps the filters in its links, and leads back to the start', async () => {
      const caller = ledger.as('links');
      for (const value of [5, 50, 6, 60, 7, 70]) await add(caller, { value });
      const first = await caller('GET', '/?limit=1&max=10.5&from=2026-01-01');
      const second = await caller('GET', nextPage(first)!);
      expect(second.headers.link).toContain('rel="first"');
      const seen = await walk(caller, '/?limit=1&max=10.5&from=2026-01-01');
      expect(seen.map(({ value }) => value)).toEqual([7, 6, 5]);
    });

    it('loses none and repeats none while expenses are added', async () => {
      const caller = ledger.as('stable');
      const before: string[] = [];
      for (let index = 0; index < 20; index++) {
        before.push((await add(caller, { date: `2026-02-${String((index % 9) + 10)}` })).id);
      }
      let day = 9;
      const seen = ids(
        await walk(caller, '/?limit=3', async () => {
          day = day === 19 ? 9 : day + 1;
          await Promise.all([
            add(caller, { date: `2026-02-${String(day).padStart(2, '0')}` }),
            add(caller, { date: '2026-02-28' }),
          ]);
        }),
      );
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toEqual(expect.arrayContaining(before));
    });
  });

  it('says on its first page how many there are, exactly up to 10,000', async () => {
    const caller = ledger.as('counted');
    for (let index = 0; index < 3; index++) await add(caller, { value: index + 1 });
    const first = await caller('GET', '/?count=true&limit=2&min=2');
    expect(first.statusCode).toBe(200);
    expect(first.headers['x-total-count']).toBe('2');
    const all = await caller('GET', '/?count=true&limit=2');
    expect(all.headers['x-total-count']).toBe('3');
    expect((await caller('GET', nextPage(all)!)).headers['x-total-count']).toBeUndefined();
    const rows = Array.from({ length: 10_001 }, () => '2026-01-01,x,1');
    const payload = ['date,description,value', ...rows].join('\n');
    await caller('POST', '/expenses/import', { payload, headers: { 'content-type': 'text/csv' } });
    expect((await caller('GET', '/?count=true')).headers['x-total-count']).toBe('10000+');
  });

  describe('in another order', () => {
    it.each([
      ['value', [-5, 1, 7, 7, 20.5]],
      ['-value', [20.5, 7, 7, 1, -5]],
    ])('holds every expense once by %s, page by page', async (sort, expected) => {
      const caller = ledger.as(`sorted ${sort}`);
      for (const value of [7, -5, 20.5, 1, 7]) await add(caller, { value });
      const seen = await walk(caller, `/?sort=${sort}&limit=2`);
      expect(seen.map(({ value }) => value)).toEqual(expected);
      expect(new Set(ids(seen)).size).toBe(5);
    });

    it('is the reverse of the usual one by date', async () => {
      const caller = ledger.as('oldest');
      for (const date of ['2026-02-01', '2026-01-01', '2026-02-01']) await add(caller, { date });
      const newest = ids(await walk(caller, '/?limit=2'));
      expect(ids(await walk(caller, '/expenses?sort=date&limit=2'))).toEqual(newest.toReversed());
    });
  });

  describe('narrowed', () => {
    let caller: Caller;
    let added: Record<'taxi' | 'train' | 'odd' | 'hotel', ExpenseAnswer>;

    beforeAll(async () => {
      caller = ledger.as('filters');
      added = {
        taxi: await add(caller, {
          date: '2026-01-10',
          description: 'Taxi 100% paid',
          value: 30,
          category: 'travel',
        }),
        train: await add(caller, {
          date: '2026-01-20',
          description: 'Train',
          value: 80,
          currency: 'EUR',
          category: 'travel',
        }),
        odd: await add(caller, { date: '2026-02-01', description: 'x_y \\ z', value: -5 }),
        hotel: await add(caller, {
          date: '2026-02-10',
          description: 'Hotel Ágnes',
          value: 300.5,
          category: 'lodging',
        }),
      };
    });

    it.each<[string, readonly (keyof typeof added)[]]>([
      ['from=2026-01-20', ['hotel', 'odd', 'train']],
      ['to=2026-01-20', ['train', 'taxi']],
      ['from=2026-01-11&to=2026-02-01', ['odd', 'train']],
      ['category=travel', ['train', 'taxi']],
      ['category=', ['odd']],
      ['category=Travel', []],
      ['currency=EUR', ['train']],
      ['text=T', ['hotel', 'train', 'taxi']],
      ['text=taxi', ['taxi']],
      ['text=%25', ['taxi']],
      [`text=${encodeURIComponent('áGNES')}`, ['hotel']],
      ['text=_', ['odd']],
      ['text=%5C', ['odd']],
      ['min=30', ['hotel', 'train', 'taxi']],
      ['min=30.0001', ['hotel', 'train']],
      ['max=-5', ['odd']],
      ['min=80&max=300.5&category=lodging', ['hotel']],
    ])('by ?%s', async (query, expected) => {
      const answer = await caller('GET', `/?${query}`);
      expect(answer.json()).toEqual(expected.map((name) => added[name]));
    });
  });

  it.each([
    ['limit=0', ['#/limit']],
    ['limit=501', ['#/limit']],
    ['limit=1e2', ['#/limit']],
    ['limit=1&limit=2', ['#/limit']],
    ['from=2026-02-30&to=x', ['#/from', '#/to']],
    ['min=1e3&max=NaN', ['#/max', '#/min']],
    ['currency=usd', ['#/currency']],
    ['category=%00', ['#/category']],
    ['text=%00&owner=%00', ['#/owner', '#/text']],
    ['offset=5&sort=id', ['#/offset', '#/sort']],
    ['__proto__=x', ['#/__proto__']],
    ['constructor=x', ['#/constructor']],
    ['limit=', ['#/limit']],
    ['limit', ['#/limit']],
    ['limit=05&min=05.', ['#/limit', '#/min']],
    ['limit=5.0&min=.5', ['#/limit', '#/min']],
    ['limit=%2B5&min=%2B5', ['#/limit', '#/min']],
    ['limit=+5&min=+5', ['#/limit', '#/min']],
    ['limit=-1', ['#/limit']],
    ['limit=1;text=x', ['#/limit']],
    ['limit[]=1', ['#/limit%5B%5D']],
    ['LIMIT=1', ['#/LIMIT']],
    ['=1', ['#/']],
    ['count=TRUE&bom=yes', ['#/bom', '#/count']],
    ['count=1&bom=', ['#/bom', '#/count']],
    ['sort=Value', ['#/sort']],
    ['sort=value,date', ['#/sort']],
    ['sort=', ['#/sort']],
    ['min=100000000000&max=1_0', ['#/max', '#/min']],
    ['min=0x1&max=1.00001', ['#/max', '#/min']],
    ['from=2023-02-29&to=10000-01-01', ['#/from', '#/to']],
    ['from=1899-12-31&to=0000-00-00', ['#/from', '#/to']],
    ['from=2026-01-01T10:00:00+02:00', ['#/from']],
    ['currency=XXX', ['#/currency']],
    ['text=&category=+', ['#/category', '#/text']],
    ['text=+&category=%E2%80%8B', ['#/category', '#/text']],
    ['owner=', ['#/owner']],
    ['externalId=x', ['#/externalId']],
    ['_=1700000000', ['#/_']],
  ])('answers 400 to ?%s and names every fault', async (query, expected) => {
    const answer = await ledger.as('faults')('GET', `/?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(pointers(answer)).toEqual(expected);
  });

  it.each(Object.keys(listQuery.shape))('answers 400 to %s twice, with a sentence of ours', async (name) => {
    for (const path of ['/', '/expenses']) {
      const answer = await ledger.as('faults')('GET', `${path}?${name}=1&${name}=1`);
      expect(answer.statusCode).toBe(400);
      expect(pointers(answer)).toEqual([`#/${name}`]);
      expect(answer.body).not.toContain('Invalid input');
    }
  });

  it.each([
    'text=%ff',
    'text=%E4',
    'category=%C0%AF',
    'owner=%ED%A0%80',
    'text=%zz',
    'text=100%',
    'text=%F0%9F',
    '%ff=1',
  ])('answers 400 to ?%s, which cannot be decoded', async (query) => {
    const answer = await accountant()('GET', `/?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      code: 'malformed_request',
      detail: 'The query has a % without two hexadecimal digits, or is not UTF-8',
    });
  });

  it.each([
    '',
    '&',
    'limit=1&',
    '&&limit=1',
    '%6cimit=1',
    'limit=%31',
    'from=2024-02-29',
    'from=2026-01-01T10:00:00%2B02:00',
    'min=-0',
    'to=9999-12-31',
  ])('takes ?%s', async (query) => {
    const caller = ledger.as(`taker of ${query}`);
    const expense = await add(caller, {});
    expect((await caller('GET', `/?${query}`)).json()).toEqual([expense]);
  });

  it.each(['min=5&max=1', 'from=2026-02-01&to=2026-01-01', 'text=100%25'])(
    'is empty for ?%s',
    async (query) => {
      const caller = ledger.as(`nothing of ${query}`);
      await add(caller, {});
      expect((await caller('GET', `/?${query}`)).json()).toEqual([]);
    },
  );

  describe('with a cursor', () => {
    let caller: Caller;
    let cursor: string;

    beforeAll(async () => {
      caller = ledger.as('cursors');
      for (let index = 0; index < 3; index++) await add(caller, {});
      const page = await caller('GET', '/?limit=1');
      cursor = new URLSearchParams(nextPage(page)!.slice(2)).get('cursor')!;
    });

    it('takes its own', async () => {
      expect((await caller('GET', `/?cursor=${cursor}`)).json()).toHaveLength(2);
      expect((await caller('GET', `/expenses?sort=-date&cursor=${cursor}&limit=1`)).json()).toHaveLength(1);
    });

    it('answers 400 when it belongs to other filters, another owner, or is no cursor', async () => {
      const stranger = ledger.as('stranger');
      const answers = await Promise.all([
        caller('GET', `/?cursor=${cursor}&max=5`),
        caller('GET', `/?cursor=${cursor}&sort=date`),
        caller('GET', `/?cursor=${cursor}&sort=value`),
        caller('GET', `/?cursor=${cursor}%00`),
        caller('GET', `/?cursor=%20${cursor}`),
        caller('GET', `/?cursor=${cursor.toLowerCase()}`),
        stranger('GET', `/?cursor=${cursor}`),
        caller('GET', '/?cursor='),
        caller('GET', `/?cursor=${cursor}=`),
        caller('GET', `/?cursor=${cursor}&cursor=${cursor}`),
      ]);
      expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([400]));
    });

    it('answers 400 whichever character of it was changed', async () => {
      for (let index = 0; index < cursor.length; index++) {
        const other = cursor[index] === 'A' ? 'B' : 'A';
        const answer = await caller(
          'GET',
          `/?cursor=${cursor.slice(0, index)}${other}${cursor.slice(index + 1)}`,
        );
        expect(answer.statusCode).toBe(400);
      }
    });
  });

  describe('of others', () => {
    beforeAll(async () => {
      await add(ledger.as('auth0|dora'), { description: "Dora's", date: '2031-01-01' });
      await add(ledger.as('auth0|emil'), { description: "Emil's", date: '2031-01-02' });
    });

    it('is never in the own list', async () => {
      expect((await accountant()('GET', '/')).json()).toEqual([]);
    });

    it('is read by naming the owner, or * for everybody, and names the owners', async () => {
      const doras = await accountant()('GET', '/?owner=auth0%7Cdora');
      expect(doras.json()).toMatchObject([{ description: "Dora's", owner: 'auth0|dora' }]);
      const everybodys = await walk(accountant(), '/?owner=*&from=2031-01-01&limit=1');
      expect(everybodys).toMatchObject([{ owner: 'auth0|emil' }, { owner: 'auth0|dora' }]);
      expect((await accountant()('GET', '/?owner=auth0%7Cnobody')).json()).toEqual([]);
    });

    it.each(['*', 'auth0%7Cdora', 'auth0%7Cemil'])(
      'answers 403 to ?owner=%s without read:all_reports',
      async (owner) => {
        const answer = await ledger.as('auth0|dora')('GET', `/?owner=${owner}`);
        expect(answer.statusCode).toBe(403);
        expect(answer.headers['www-authenticate']).toContain('scope="read:all_reports"');
        expect(answer.body).not.toContain("Emil's");
      },
    );

    it('is empty for a machine token, which owns nothing', async () => {
      const machine = ledger.as('a-client@clients', ['read:reports']);
      expect((await machine('GET', '/')).json()).toEqual([]);
    });
  });

  it('answers 403 to a subject that cannot be kept', async () => {
    const answer = await ledger.as('a\u0000b')('GET', '/');
    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toMatchObject({ code: 'unusable_subject' });
  });
});
