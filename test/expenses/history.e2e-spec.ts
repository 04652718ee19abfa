import { describeOnBothEngines } from '../support/databases.js';
import { type Caller, type ExpenseAnswer, Ledger, pointers } from '../support/ledger.js';

const SCOPES = ['read:reports', 'read:history', 'create:expenses', 'update:expenses', 'delete:expenses'];
const taxi = { date: '2026-01-02', description: 'Taxi', value: 1, currency: 'EUR', category: null };
const NO_EXPENSE = '0190a0a0-0000-7000-8000-000000000000';

interface Entry {
  readonly at: string;
  readonly action: string;
  readonly after: { readonly value: number } | null;
}

describeOnBothEngines('The history of an expense', (engine) => {
  let ledger: Ledger;
  let alice: Caller;

  beforeAll(async () => {
    ledger = await Ledger.start(engine);
    alice = ledger.as('alice', SCOPES);
  });

  afterAll(() => ledger?.close());

  const create = async (): Promise<string> =>
    (await alice('POST', '/expenses', { payload: taxi })).json<ExpenseAnswer>().id;
  const change = (id: string, payload: object) => alice('PATCH', `/expenses/${id}`, { payload });
  const historyOf = (id: string, query = '', caller = alice) =>
    caller('GET', `/expenses/${id}/history${query}`);

  it('tells who did what, when and by which application, newest first, and what was before and after', async () => {
    const id = await create();
    await change(id, { value: 2, category: 'travel' });
    await change(id, { value: 2 });
    await alice('DELETE', `/expenses/${id}`);
    const answer = await historyOf(id);
    expect(answer.statusCode).toBe(200);
    const changed = { ...taxi, value: 2, category: 'travel' };
    const by = { subject: 'alice', clientId: 'a-client', at: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/) };
    expect(answer.json()).toEqual([
      { ...by, action: 'deleted', before: changed, after: null },
      { ...by, action: 'updated', before: taxi, after: changed },
      { ...by, action: 'created', before: null, after: taxi },
    ]);
    const times = answer.json<Entry[]>().map(({ at }) => at);
    expect(times).toEqual(times.toSorted().toReversed());
    expect(answer.headers.link).toBeUndefined();
  });

  it('begins with the import that brought the expense, and ends when all were deleted', async () => {
    const importer = ledger.as('importer', SCOPES);
    await importer('POST', '/expenses/import', {
      payload: 'date,description,value,currency\n2026-01-02,Taxi,1,EUR\n',
      headers: { 'content-type': 'text/csv' },
    });
    const [{ id }] = (await importer('GET', '/')).json<[ExpenseAnswer]>();
    await importer('DELETE', '/expenses');
    expect((await historyOf(id, '', importer)).json()).toMatchObject([
      { action: 'deleted', subject: 'importer', clientId: 'a-client', before: taxi, after: null },
      { action: 'created', subject: 'importer', clientId: 'a-client', before: null, after: taxi },
    ]);
  });

  it('comes in pages, which hold every change once and lead on and back to the first', async () => {
    const id = await create();
    for (const value of [2, 3, 4, 5]) await change(id, { value });
    for (const limit of [1, 2, 5]) {
      const values: unknown[] = [];
      let next: string | undefined = `?limit=${limit}`;
      while (next !== undefined) {
        const page = await historyOf(id, next);
        values.push(...page.json<Entry[]>().map(({ after }) => after?.value));
        const { link = '' } = page.headers;
        expect(String(link).includes('rel="first"')).toBe(next.includes('cursor'));
        next = /<(\?[^>]+)>; rel="next"/.exec(String(link))?.[1];
      }
      expect(values).toEqual([5, 4, 3, 2, 1]);
    }
  });

  it('has no change twice and misses none when more happens between two pages', async () => {
    const id = await create();
    for (const value of [2, 3]) await change(id, { value });
    const first = await historyOf(id, '?limit=2');
    await change(id, { value: 4 });
    const next = /<(\?[^>]+)>; rel="next"/.exec(String(first.headers.link))![1]!;
    const values = [first, await historyOf(id, next)].flatMap((page) =>
      page.json<Entry[]>().map(({ after }) => after?.value),
    );
    expect(values).toEqual([3, 2, 1]);
  });

  it('is 403 without read:history, and says so', async () => {
    const id = await create();
    const answer = await historyOf(id, '', ledger.as('alice', ['read:reports', 'update:expenses']));
    expect(answer.statusCode).toBe(403);
    expect(answer.headers['www-authenticate']).toContain('scope="read:history"');
  });

  it("of another owner's expense is 404, as that of none is", async () => {
    const id = await create();
    await change(id, { value: 2 });
    const stranger = ledger.as('mallory', SCOPES);
    const [others, nobodys] = [await historyOf(id, '', stranger), await historyOf(NO_EXPENSE, '', stranger)];
    expect(others.statusCode).toBe(404);
    const { requestId: _, ...problem } = others.json<Record<string, unknown>>();
    expect(nobodys.json()).toMatchObject(problem);
    await alice('DELETE', `/expenses/${id}`);
    expect((await historyOf(id, '', stranger)).statusCode).toBe(404);
  });

  it('of another is read with read:all_reports beside it, when the owner is named', async () => {
    const id = await create();
    const accountant = ledger.as('accountant', ['read:history', 'read:all_reports']);
    expect((await historyOf(id, '', accountant)).statusCode).toBe(404);
    expect((await historyOf(id, '?owner=bob', accountant)).statusCode).toBe(404);
    for (const owner of ['*', 'alice']) {
      expect((await historyOf(id, `?owner=${owner}`, accountant)).json()).toMatchObject([
        { action: 'created', subject: 'alice' },
      ]);
    }
    const refused = await historyOf(id, '?owner=*');
    expect(refused.statusCode).toBe(403);
    expect(refused.headers['www-authenticate']).toContain('scope="read:all_reports"');
  });

  it.each([
    ['?limit=0', '#/limit'],
    ['?cursor=0', '#/cursor'],
    ['?cursor=x', '#/cursor'],
    ['?cursor=1e3', '#/cursor'],
    ['?cursor=9999999999', '#/cursor'],
    ['?sort=at', '#/sort'],
    ['?count=true', '#/count'],
    ['?limit=501', '#/limit'],
    ['?limit=1&limit=1', '#/limit'],
    ['?cursor=1&cursor=1', '#/cursor'],
    ['?cursor=01', '#/cursor'],
    ['?cursor=+1', '#/cursor'],
  ])('answers 400 to %s', async (query, pointer) => {
    const answer = await historyOf(NO_EXPENSE, query);
    expect(answer.statusCode).toBe(400);
    expect(pointers(answer)).toEqual([pointer]);
    expect(answer.body).not.toContain('Invalid input');
  });

  it('ends below the first change, also of an expense that was deleted, and has no page of one that never was', async () => {
    const id = await create();
    const stranger = ledger.as('mallory', SCOPES);
    for (const isDeleted of [false, true]) {
      if (isDeleted) await alice('DELETE', `/expenses/${id}`);
      const below = await historyOf(id, '?cursor=1');
      expect(below.statusCode).toBe(200);
      expect(below.json()).toEqual([]);
      expect((await historyOf(id, '?cursor=2', stranger)).statusCode).toBe(404);
      expect((await historyOf(NO_EXPENSE, '?cursor=5')).statusCode).toBe(404);
    }
  });
});
