import { sql } from '../../src/database/drizzle.js';
import { describeOnBothEngines } from '../support/databases.js';
import { type Caller, type ExpenseAnswer, Ledger, pointers } from '../support/ledger.js';

const pizza = { date: '2021-07-05', description: 'Pizza for a Coding Dojo session.', value: 102 };

describeOnBothEngines('Single expenses', (engine) => {
  let ledger: Ledger;
  let alice: Caller;
  let bob: Caller;

  beforeAll(async () => {
    ledger = await Ledger.start(engine);
    alice = ledger.as('auth0|alice');
    bob = ledger.as('auth0|bob');
  });

  afterAll(() => ledger?.close());

  const create = async (fields: object = {}): Promise<ExpenseAnswer> => {
    const answer = await alice('POST', '/expenses', { payload: { ...pizza, ...fields } });
    expect(answer.statusCode).toBe(201);
    return answer.json();
  };

  const patchText = (id: string, payload: string, headers: Record<string, string> = {}) =>
    alice('PATCH', `/expenses/${id}`, {
      payload,
      headers: { 'content-type': 'application/merge-patch+json', ...headers },
    });

  const patch = (id: string, payload: unknown, headers?: Record<string, string>) =>
    patchText(id, JSON.stringify(payload), headers);

  const audited = (expenseId: string) =>
    ledger.select(
      sql`SELECT subject, client_id, action, before, after FROM audit_log WHERE expense_id = ${expenseId} ORDER BY id`,
    );

  describe('POST /expenses', () => {
    it('answers 201 with the expense, where it is and its entity tag', async () => {
      const answer = await alice('POST', '/expenses', { payload: pizza });
      expect(answer.statusCode).toBe(201);
      const expense = answer.json<ExpenseAnswer>();
      expect(expense).toEqual({
        ...pizza,
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
        currency: 'USD',
        category: null,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        updatedAt: expect.stringMatching(/Z$/),
      });
      expect(answer.headers.location).toBe(`/expenses/${expense.id}`);
      expect(answer.headers.etag).toBe('"1"');
      const found = await alice('GET', `/expenses/${expense.id}`);
      expect(found.json()).toEqual(expense);
      expect(found.headers.etag).toBe('"1"');
    });

    it('keeps the date of a date-time, as it is written', async () => {
      expect(await create({ date: '2021-07-05T23:30:00-05:00' })).toMatchObject({ date: '2021-07-05' });
    });

    it('keeps text trimmed and in the composed form of Unicode', async () => {
      expect(await create({ description: '  Cafe\u0301 ', category: ' Essen ' })).toMatchObject({
        description: 'Caf\u00e9',
        category: 'Essen',
      });
    });

    it.each([
      [99_999_999_999.99, 'USD'],
      [-0.01, 'USD'],
      [99_999_999_999.999, 'BHD'],
      [0.1, 'EUR'],
      [1234.567, 'KWD'],
      [5, 'JPY'],
    ])('gives back %d %s as the number that it was given', async (value, currency) => {
      const { id } = await create({ value, currency });
      const found = await alice('GET', `/expenses/${id}`);
      expect(found.json()).toMatchObject({ value, currency });
    });

    it('notes who created what', async () => {
      const { id } = await create();
      expect(await audited(id)).toEqual([
        {
          subject: 'auth0|alice',
          client_id: 'a-client',
          action: 'create',
          before: null,
          after: expect.objectContaining({ ...pizza, id, owner: 'auth0|alice' }),
        },
      ]);
    });
  });

  describe('PATCH /expenses/:id', () => {
    it('changes what is given, removes what is null and leaves the rest', async () => {
      const { id } = await create({ category: 'food' });
      const answer = await patch(id, { value: 99.5, category: null });
      expect(answer.statusCode).toBe(200);
      expect(answer.json()).toMatchObject({ ...pizza, value: 99.5, category: null });
      expect(answer.headers.etag).toBe('"2"');
      expect((await alice('GET', `/expenses/${id}`)).json()).toEqual(answer.json());
    });

    it('takes plain JSON as well', async () => {
      const { id } = await create();
      const answer = await alice('PATCH', `/expenses/${id}`, { payload: { description: 'Pasta' } });
      expect(answer.json()).toMatchObject({ description: 'Pasta' });
    });

    it('leaves an expense alone that it would not change', async () => {
      const { id } = await create();
      const answer = await patch(id, { value: 102 });
      expect(answer.statusCode).toBe(200);
      expect(answer.headers.etag).toBe('"1"');
    });

    it('measures a value by the currency that the expense has', async () => {
      const { id } = await create({ value: 10.5 });
      expect((await patch(id, { currency: 'JPY' })).statusCode).toBe(422);
      expect(pointers(await patch(id, { value: 1.005 }))).toEqual(['#/value']);
      expect((await patch(id, { currency: 'KWD', value: 1.005 })).statusCode).toBe(200);
    });

    it('judges no value that stays as it is, also in a whole expense that was kept under other rules', async () => {
      const { id } = await create({ currency: 'JPY' });
      await ledger.select(sql`UPDATE expenses SET value = 1.5 WHERE id = ${id}`);
      const kept = (await alice('GET', `/expenses/${id}`)).json<ExpenseAnswer>();
      const answer = await patch(id, { ...kept, category: 'food' });
      expect(answer.statusCode).toBe(200);
      expect(answer.json()).toMatchObject({ value: 1.5, currency: 'JPY', category: 'food' });
      const changed = { ...answer.json<ExpenseAnswer>(), value: 2.5 };
      expect(pointers(await patch(id, changed))).toEqual(['#/value']);
    });

    it.each([
      [{ value: null }, ['#/value']],
      [{ date: 1 }, ['#/date']],
      [{ id: 'x', owner: 'y' }, ['#/id', '#/owner']],
      [{ value: 1.001, currency: 'USD', description: '' }, ['#/description', '#/value']],
      [{ currency: null, description: null, date: null }, ['#/currency', '#/date', '#/description']],
      [{ category: '' }, ['#/category']],
      [{ category: { a: null } }, ['#/category']],
      [{ value: '2' }, ['#/value']],
      [{ version: 1, externalId: null, foo: null }, ['#/externalId', '#/foo', '#/version']],
      [{ id: null, owner: null }, ['#/id', '#/owner']],
      [{ createdAt: '2026-01-01T00:00:00.000Z', updatedAt: null }, ['#/createdAt', '#/updatedAt']],
      [{ value: 1.5, currency: 'JPY' }, ['#/value']],
      [[{ op: 'replace', path: '/value', value: 2 }], ['#']],
      [[], ['#']],
      [null, ['#']],
      ['text', ['#']],
    ])('answers 422 to %j', async (payload, expected) => {
      const { id } = await create();
      const answer = await patch(id, payload);
      expect(answer.statusCode).toBe(422);
      expect(pointers(answer)).toEqual(expected);
    });

    it.each([
      ['{"value":102.0}', 102],
      ['{"description":" Pizza for a Coding Dojo session. "}', 102],
      ['{"date":"2021-07-05T23:00:00-05:00","category":null}', 102],
      ['{}', 102],
      ['{"value":102}\n', 102],
    ])('takes %s for no change', async (payload, value) => {
      const { id } = await create();
      const answer = await patchText(id, payload, {
        'content-type': 'application/merge-patch+json; charset=utf-8',
      });
      expect(answer.statusCode).toBe(200);
      expect(answer.headers.etag).toBe('"1"');
      expect(answer.json()).toMatchObject({ value });
    });

    it.each([
      ['{"value":1,"value":2}', 422],
      ['{"value":1.00000000000000001}', 422],
      ['{"value":01}', 400],
      ['', 400],
    ])('leaves an expense as it is that %s is sent to', async (payload, status) => {
      const { id } = await create();
      const answer = await patchText(id, payload);
      expect(answer.statusCode).toBe(status);
      expect((await alice('GET', `/expenses/${id}`)).json()).toMatchObject(pizza);
    });

    it('answers 412 to the loser of a race', async () => {
      const { id } = await create();
      const answers = await Promise.all(
        [1, 2, 3, 4, 5].map((value) => patch(id, { value }, { 'if-match': '"1"' })),
      );
      expect(answers.map(({ statusCode }) => statusCode).filter((status) => status === 412)).toHaveLength(4);
      expect(answers.find(({ statusCode }) => statusCode === 412)?.json()).toMatchObject({
        code: 'precondition_failed',
      });
      const winner = answers.find(({ statusCode }) => statusCode === 200);
      expect((await alice('GET', `/expenses/${id}`)).json()).toEqual(winner?.json());
    });

    it.each([
      ['W/"1"', 'If-Match has a weak tag (W/), which matches nothing'],
      ['"7", W/"1"', 'If-Match has a weak tag (W/), which matches nothing'],
      ['"7"', 'The expense has changed since it was read'],
      ['W/"7"', 'The expense has changed since it was read'],
    ])('says why If-Match: %s does not match', async (tag, detail) => {
      const { id } = await create();
      const answer = await patch(id, { value: 1 }, { 'if-match': tag });
      expect(answer.statusCode).toBe(412);
      expect(answer.json()).toMatchObject({ code: 'precondition_failed', detail });
    });

    it.each([
      ['*', 200],
      ['"7", "1"', 200],
      ['W/"1"', 412],
      ['"01"', 412],
      ['1', 400],
      ['"1", ', 200],
      ['"1" ,', 200],
      [', "1"', 200],
      ['"a,b", "1"', 200],
      [',', 400],
      ['"1",,"2"', 200],
      [',,"1",,', 200],
      ['\t"1"\t', 200],
      ['"1", W/"1"', 200],
      ['w/"1"', 400],
      ['W/1', 400],
      ['*, "1"', 400],
      ['"1", *', 400],
      ['"1" "1"', 400],
      ['"1"x', 400],
      ['"1";q=1', 400],
      ['"1 "', 400],
      ["'1'", 400],
      ['"', 400],
      ['', 400],
      ['""', 412],
      ['"\u00e9"', 412],
    ])('reads If-Match: %s', async (tag, status) => {
      const { id } = await create();
      expect((await patch(id, { value: 1 }, { 'if-match': tag })).statusCode).toBe(status);
    });

    it('notes what was and what is', async () => {
      const { id } = await create();
      await patch(id, { value: 7 });
      expect(await audited(id)).toMatchObject([
        { action: 'create' },
        { action: 'update', before: { value: 102 }, after: { value: 7 } },
      ]);
    });
  });

  describe('If-None-Match', () => {
    it.each([
      ['"1"', 304],
      ['W/"1"', 304],
      ['"7", "1"', 304],
      ['*', 304],
      ['"2"', 200],
      ['1', 400],
    ])('%s is answered by a GET with %d', async (tag, status) => {
      const { id } = await create();
      const answer = await alice('GET', `/expenses/${id}`, { headers: { 'if-none-match': tag } });
      expect(answer.statusCode).toBe(status);
      if (status !== 304) return;
      expect(answer.headers.etag).toBe('"1"');
      expect(answer.body).toBe('');
    });

    it.each([
      ['*', 412, 'If-None-Match is *, and the expense is there'],
      ['W/"1"', 412, 'If-None-Match has the tag of the expense'],
      ['"2"', 200, undefined],
    ])('%s is answered by a PATCH with %d', async (tag, status, detail) => {
      const { id } = await create();
      const answer = await patch(id, { value: 1 }, { 'if-none-match': tag });
      expect(answer.statusCode).toBe(status);
      expect(answer.json<{ detail?: string }>().detail).toBe(detail);
    });

    it.each([
      [{ 'if-match': '"1"' }, 200],
      [{ 'if-match': '*' }, 200],
      [{ 'if-match': '"7", "1"', 'if-none-match': '"1"' }, 304],
      [{ 'if-match': '"7"' }, 412],
      [{ 'if-match': 'W/"1"' }, 412],
      [{ 'if-match': '"7"', 'if-none-match': '"1"' }, 412],
      [{ 'if-match': 'x' }, 400],
      [{ 'if-none-match': '"1", *' }, 400],
      [{ 'if-none-match': '"0",W/"1",' }, 304],
      [{ 'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' }, 200],
    ])('%j is answered by GET and HEAD with %d', async (headers, status) => {
      const { id } = await create();
      for (const method of ['GET', 'HEAD'] as const) {
        const answer = await alice(method, `/expenses/${id}`, { headers });
        expect(answer.statusCode).toBe(status);
      }
    });

    it.each([
      [{ 'if-match': '"1"', 'if-none-match': '"1"' }, 412],
      [{ 'if-match': '"1"', 'if-none-match': '"2"' }, 200],
      [{ 'if-match': '"7"', 'if-none-match': '"2"' }, 412],
    ])('%j is answered by a PATCH with %d', async (headers, status) => {
      const { id } = await create();
      expect((await patch(id, { value: 2 }, headers)).statusCode).toBe(status);
    });

    it('keeps a DELETE from an expense that is there', async () => {
      const { id } = await create();
      const kept = await alice('DELETE', `/expenses/${id}`, { headers: { 'if-none-match': '*' } });
      expect(kept.statusCode).toBe(412);
      expect((await alice('GET', `/expenses/${id}`)).statusCode).toBe(200);
    });
  });

  describe('DELETE /expenses/:id', () => {
    it('removes the expense and notes what it was', async () => {
      const { id } = await create();
      const answer = await alice('DELETE', `/expenses/${id}`);
      expect(answer.statusCode).toBe(204);
      expect(answer.body).toBe('');
      expect((await alice('GET', `/expenses/${id}`)).statusCode).toBe(404);
      expect((await alice('DELETE', `/expenses/${id}`)).statusCode).toBe(404);
      expect(await audited(id)).toMatchObject([
        { action: 'create' },
        { action: 'delete', before: { value: 102 } },
      ]);
    });

    it('keeps an expense that has changed', async () => {
      const { id } = await create();
      await alice('PATCH', `/expenses/${id}`, { payload: { value: 1 } });
      const lost = await alice('DELETE', `/expenses/${id}`, { headers: { 'if-match': '"1"' } });
      expect(lost.statusCode).toBe(412);
      expect((await alice('GET', `/expenses/${id}`)).statusCode).toBe(200);
    });
  });

  describe('DELETE /expenses', () => {
    it.each([
      ['if-match', '"1"', 412],
      ['if-match', 'W/"1", "2"', 412],
      ['if-match', '1', 400],
      ['if-match', '*', 200],
      ['if-none-match', '*', 412],
      ['if-none-match', '1', 400],
      ['if-none-match', '"1"', 200],
    ])('with %s: %s, which is meant for a single expense, is answered %d', async (name, tag, status) => {
      const eve = ledger.as('auth0|eve');
      await eve('POST', '/expenses', { payload: pizza });
      const answer = await eve('DELETE', '/expenses', { headers: { [name]: tag } });
      expect(answer.statusCode).toBe(status);
      expect((await eve('GET', '/')).json<unknown[]>().length > 0).toBe(status !== 200);
    });
  });

  describe('of another user', () => {
    it.each(['GET', 'PATCH', 'DELETE'] as const)('answers %s as if there were none', async (method) => {
      const { id } = await create();
      const payload = method === 'PATCH' ? { payload: { value: 1 } } : {};
      const others = await bob(method, `/expenses/${id}`, payload);
      const nobodys = await bob(method, '/expenses/0190a0a0-0000-7000-8000-000000000000', payload);
      expect(others.statusCode).toBe(404);
      const { requestId: _, ...problem } = others.json<Record<string, unknown>>();
      expect(nobodys.json()).toMatchObject(problem);
      expect((await alice('GET', `/expenses/${id}`)).json()).toMatchObject({ id, value: 102 });
    });

    it('is read with read:all_reports, when the owner is named', async () => {
      const { id } = await create();
      const accountant = ledger.as('auth0|carol', ['read:reports', 'read:all_reports']);
      expect((await accountant('GET', `/expenses/${id}`)).statusCode).toBe(404);
      const found = await accountant('GET', `/expenses/${id}?owner=*`);
      expect(found.json()).toMatchObject({ id, owner: 'auth0|alice' });
      expect((await accountant('GET', `/expenses/${id}?owner=auth0%7Calice`)).statusCode).toBe(200);
      expect((await accountant('GET', `/expenses/${id}?owner=auth0%7Cbob`)).statusCode).toBe(404);
    });

    it('is not changed even with every permission', async () => {
      const { id } = await create();
      const accountant = ledger.as('auth0|carol', ['update:expenses', 'delete:expenses', 'read:all_reports']);
      expect((await accountant('PATCH', `/expenses/${id}`, { payload: { value: 1 } })).statusCode).toBe(404);
      expect((await accountant('DELETE', `/expenses/${id}`)).statusCode).toBe(404);
    });
  });

  it.each([
    ['GET', 'create:expenses', 'read:reports'],
    ['PATCH', 'read:reports', 'update:expenses'],
    ['DELETE', 'update:expenses', 'delete:expenses'],
  ] as const)('answers 403 to %s with only %s', async (method, held, needed) => {
    const { id } = await create();
    const answer = await ledger.as('auth0|alice', [held])(method, `/expenses/${id}`, { payload: {} });
    expect(answer.statusCode).toBe(403);
    expect(answer.headers['www-authenticate']).toContain(`scope="${needed}"`);
  });
});
