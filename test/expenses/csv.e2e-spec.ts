import { parse } from 'csv-parse/sync';
import { sql } from '../../src/database/drizzle.js';
import { describeOnBothEngines } from '../support/databases.js';
import { type Caller, Ledger, pointers } from '../support/ledger.js';

const csv = (lines: readonly string[]) => lines.map((line) => `${line}\r\n`).join('');
const header = 'date,description,value,currency,category';

const send = (caller: Caller, payload: string | Buffer, headers: Record<string, string> = {}) =>
  caller('POST', '/expenses/import', { payload, headers: { 'content-type': 'text/csv', ...headers } });

const total = async (caller: Caller) => {
  const rows = (await caller('GET', '/reports/categories')).json<{ count: number }[]>();
  return rows.reduce((sum, { count }) => sum + count, 0);
};

const table = (text: string): Record<string, string>[] => parse(text, { columns: true });

const row = (index: number) =>
  `2025-${String((index % 12) + 1).padStart(2, '0')}-15,Row ${index},${index}.25,USD,c${index % 7}`;

describeOnBothEngines('CSV', (engine) => {
  let ledger: Ledger;

  beforeAll(async () => {
    ledger = await Ledger.start(engine);
  });

  afterAll(() => ledger?.close());

  describe('import', () => {
    it('keeps every row of the file', async () => {
      const caller = ledger.as('importer');
      const answer = await send(
        caller,
        `\uFEFF${csv([
          header,
          '2026-01-02,"Dinner, with ""wine""",12.50,EUR,food',
          '2026-01-01T18:00:00Z, Lunch ,-3,,',
          '',
          '2026-01-03,"two words",99999999999.99,USD,',
        ])}`,
      );
      expect(answer.json()).toEqual({ imported: 3, skipped: 0 });
      expect(answer.statusCode).toBe(201);
      expect((await caller('GET', '/')).json()).toMatchObject([
        { date: '2026-01-03', value: 99_999_999_999.99, category: null },
        {
          date: '2026-01-02',
          description: 'Dinner, with "wine"',
          value: 12.5,
          currency: 'EUR',
          category: 'food',
        },
        { date: '2026-01-01', description: 'Lunch', value: -3, currency: 'USD', category: null },
      ]);
      const notes = await ledger.select(
        sql`SELECT action, count(*)::int AS count FROM audit_log WHERE subject = 'importer' GROUP BY action ORDER BY action`,
      );
      // Every row has a history of its own, and the import is told of as well.
      expect(notes).toEqual([
        { action: 'create', count: 3 },
        { action: 'import', count: 1 },
      ]);
    });

    it('names every faulty row by its line, and keeps none', async () => {
      const caller = ledger.as('faulty');
      const answer = await send(
        caller,
        csv([
          header,
          '2026-01-02,fine,1,,',
          '2026-02-30,,1.005,USD,',
          '2026-01-02,fine,1,XXX1,',
          '"2026-01-02","two\nlines",1,,',
          '2026-01-02,fine,0,,',
          '2026-01-02,fine',
          '2026-01-02,fine,1,,,,',
          '2026-01-02,fine,1e3,,',
          '2026-01-02,fine,0x10,,',
          '2026-01-02,fine,12345678901234567890,,',
        ]),
      );
      expect(answer.statusCode).toBe(422);
      expect(answer.json()).toMatchObject({
        code: 'invalid_import',
        detail: expect.stringMatching(/^Rows with faults: 9/),
      });
      expect(pointers(answer)).toEqual(
        [
          '#/lines/3/date',
          '#/lines/3/description',
          '#/lines/3/value',
          '#/lines/4/currency',
          '#/lines/5/description',
          '#/lines/7/value',
          '#/lines/8',
          '#/lines/9',
          '#/lines/10/value',
          '#/lines/11/value',
          '#/lines/12/value',
        ].toSorted(),
      );
      expect(await total(caller)).toBe(0);
    });

    it('lists the first hundred faulty rows, and reads no further', async () => {
      const rows = Array.from({ length: 1500 }, () => '2026-01-01,x,0,,');
      const answer = await send(ledger.as('faulty'), csv([header, ...rows]));
      expect(answer.json()).toMatchObject({
        detail: 'Rows with faults: 100 or more; the file was read no further. Nothing was imported',
      });
      expect(pointers(answer)).toHaveLength(100);
    });

    it.each([
      ['a missing and an unknown column', 'date,description,amount\n'],
      ['a column twice', 'date,description,value,value\n'],
      ['nothing', ''],
      ['a quote that is not closed', `${header}\n2026-01-01,"x,1,,\n`],
      ['a row of a megabyte', `${header}\n2026-01-01,${'x'.repeat(1024 * 1024)},1,,\n`],
      ['NUL characters', `${header}\n2026-01-01,\u0000,1,,\n`],
      ['text that is not UTF-8', Buffer.from(`${header}\n2026-01-01,caf\u00e9,1,,\n`, 'latin1')],
      ['a prototype key', 'date,description,value,__proto__\n2026-01-01,x,1,y\n'],
    ])('answers 422 to a file with %s', async (_, file) => {
      const caller = ledger.as('broken');
      const answer = await send(caller, file);
      expect(answer.statusCode).toBe(422);
      expect(await total(caller)).toBe(0);
    });

    it('is done once for a repeated Idempotency-Key, and answers 422 to another file', async () => {
      const caller = ledger.as('repeater');
      const file = csv([header, '2026-01-01,x,1,,']);
      const headers = { 'idempotency-key': 'january' };
      const first = await send(caller, file, headers);
      const second = await send(caller, file, headers);
      expect(second.json()).toEqual(first.json());
      expect(second.statusCode).toBe(201);
      expect((await send(caller, csv([header, '2026-01-01,y,1,,']), headers)).statusCode).toBe(422);
      const single = { payload: { date: '2026-01-01', description: 'x', value: 1 }, headers };
      expect((await caller('POST', '/expenses', single)).statusCode).toBe(422);
      expect(await total(caller)).toBe(1);
    });

    it('answers 415 to other media types, and to CSV elsewhere', async () => {
      const caller = ledger.as('types');
      const json = await caller('POST', '/expenses/import', { payload: {} });
      expect(json.statusCode).toBe(415);
      const elsewhere = await caller('POST', '/expenses', {
        payload: 'a',
        headers: { 'content-type': 'text/csv' },
      });
      expect(elsewhere.statusCode).toBe(415);
    });

    it('answers 403 without create:expenses', async () => {
      expect((await send(ledger.as('reader', ['read:reports']), header)).statusCode).toBe(403);
    });

    it('takes many rows, and gives them back', async () => {
      const many = 5_000;
      const caller = ledger.as('bulk');
      const file = csv([header, ...Array.from({ length: many }, (_, index) => row(index + 1))]);
      expect((await send(caller, file)).json()).toEqual({ imported: many, skipped: 0 });
      expect(await total(caller)).toBe(many);
      const exported = await caller('GET', '/', { headers: { accept: 'text/csv' } });
      const rows = table(exported.body);
      expect(rows).toHaveLength(many);
      expect(new Set(rows.map(({ value }) => value)).size).toBe(many);
    });
  });

  describe('export', () => {
    it('has all rows of the list, whatever the size of a page, and the filters', async () => {
      const caller = ledger.as('exporter');
      await send(
        caller,
        csv([header, ...Array.from({ length: 60 }, (_, index) => `2026-01-01,x,${index + 1},,`)]),
      );
      const answer = await caller('GET', '/?min=6', { headers: { accept: 'text/csv' } });
      expect(answer.headers['content-type']).toMatch(/^text\/csv; charset=utf-8/);
      expect(answer.headers['content-disposition']).toBe('attachment; filename="expenses.csv"');
      expect(answer.headers.vary).toContain('accept');
      const rows = table(answer.body);
      expect(rows).toHaveLength(55);
      expect(Object.keys(rows[0]!)).toEqual([
        'id',
        'date',
        'description',
        'value',
        'currency',
        'category',
        'createdAt',
        'updatedAt',
        'externalId',
      ]);
      expect(rows[0]).toMatchObject({ date: '2026-01-01', description: 'x', value: '60', category: '' });
    });

    it('has a header line even without rows', async () => {
      const answer = await ledger.as('empty')('GET', '/', { headers: { accept: 'text/csv' } });
      expect(answer.body).toBe(
        'id,date,description,value,currency,category,createdAt,updatedAt,externalId\r\n',
      );
    });

    it('neutralises what a spreadsheet would take for a formula', async () => {
      const caller = ledger.as('formulas');
      const formulas = ['=1+1', '+1', '-1+2', '@SUM(A1)', '\uFF1D1+1'];
      for (const description of formulas) {
        await caller('POST', '/expenses', {
          payload: { date: '2026-01-01', description, category: description, value: -7 },
        });
      }
      const answer = await caller('GET', '/', { headers: { accept: 'text/csv' } });
      const rows = table(answer.body);
      expect(rows.map(({ description }) => description!.normalize('NFC')).toSorted()).toEqual(
        formulas.map((formula) => `'${formula}`).toSorted(),
      );
      expect(rows.every(({ category }) => category!.startsWith("'"))).toBe(true);
      expect(rows.every(({ value }) => value === '-7')).toBe(true);
      const reports = await caller('GET', '/reports/categories', { headers: { accept: 'text/csv' } });
      expect(reports.body).toContain("'=1+1,USD,1,-7.00\r\n");
    });

    it.each([
      ['text/csv', 'text/csv'],
      ['text/csv;q=0.5, application/json;q=0.4', 'text/csv'],
      ['application/json, text/csv;q=0.9', 'application/json'],
      ['*/*', 'application/json'],
      ['text/html', 'application/json'],
      ['text/csv;q=0', 'application/json'],
      [';;,,"', 'application/json'],
    ])('answers Accept: %s by %s', async (accept, type) => {
      const answer = await ledger.as('accept')('GET', '/', { headers: { accept } });
      expect(answer.statusCode).toBe(200);
      expect(answer.headers['content-type']).toContain(type);
    });
  });

  describe('reports', () => {
    it('sum exactly, per month and per category, and never across currencies', async () => {
      const caller = ledger.as('summer');
      const rows = [
        ...Array.from({ length: 30 }, () => '2026-01-15,tenth,0.1,USD,food'),
        '2026-01-31,large,99999999999.99,USD,food',
        '2026-02-01,yen,1500,JPY,travel',
        '2026-02-01,fils,0.001,KWD,',
        '2026-02-02,refund,-0.5,USD,',
      ];
      expect((await send(caller, csv([header, ...rows]))).statusCode).toBe(201);
      expect((await caller('GET', '/reports/monthly')).json()).toEqual([
        { month: '2026-02', currency: 'JPY', count: 1, total: '1500' },
        { month: '2026-02', currency: 'KWD', count: 1, total: '0.001' },
        { month: '2026-02', currency: 'USD', count: 1, total: '-0.50' },
        { month: '2026-01', currency: 'USD', count: 31, total: '100000000002.99' },
      ]);
      expect((await caller('GET', '/reports/categories?from=2026-01-31')).json()).toEqual([
        { category: 'food', currency: 'USD', count: 1, total: '99999999999.99' },
        { category: 'travel', currency: 'JPY', count: 1, total: '1500' },
        { category: null, currency: 'KWD', count: 1, total: '0.001' },
        { category: null, currency: 'USD', count: 1, total: '-0.50' },
      ]);
      const file = await caller('GET', '/reports/monthly?to=2026-01-31', { headers: { accept: 'text/csv' } });
      expect(file.body).toBe('month,currency,count,total\r\n2026-01,USD,31,100000000002.99\r\n');
    });

    it('are of the caller, or of others with read:all_reports', async () => {
      await ledger.as('auth0|finn')('POST', '/expenses', {
        payload: { date: '2040-05-01', description: 'x', value: 1 },
      });
      const accountant = ledger.as('accountant', ['read:reports', 'read:all_reports']);
      expect((await accountant('GET', '/reports/monthly')).json()).toEqual([]);
      expect((await accountant('GET', '/reports/monthly?owner=auth0%7Cfinn')).json()).toEqual([
        { month: '2040-05', currency: 'USD', count: 1, total: '1.00' },
      ]);
      expect((await accountant('GET', '/reports/categories?owner=*&from=2040-05-01')).json()).toHaveLength(1);
      expect((await ledger.as('auth0|finn')('GET', '/reports/monthly?owner=*')).statusCode).toBe(403);
    });

    it.each(['monthly', 'categories'])(
      'answer 400 to unknown and broken parameters of %s',
      async (report) => {
        const answer = await ledger.as('faults')('GET', `/reports/${report}?from=1&limit=2`);
        expect(answer.statusCode).toBe(400);
        expect(pointers(answer)).toEqual(['#/from', '#/limit']);
      },
    );
  });
});
