import { deepEqual } from 'node:assert/strict';
import { stringify } from 'csv-stringify/sync';
import {
  array,
  assert,
  asyncProperty,
  boolean,
  constantFrom,
  date,
  integer,
  oneof,
  option,
  record,
  string,
  tuple,
  uniqueArray,
} from 'fast-check';
import { escapeFormulas } from '../../src/expenses/csv.formulas.js';
import { describeOnBothEngines } from '../support/databases.js';
import { type Caller, Ledger, pointers } from '../support/ledger.js';

/** Characters that mean something to a spreadsheet, to CSV or to a parser of it, and some that look like them. */
const SPECIAL =
  `' " = + - @ ; , | \\ 0 1 9 . null __proto__ \uFF1D \uFF0B \uFF0D \uFF20 \u2028 \u2029 \u00A0 \uFEFF \u202E \u200B \u0301 \u{1F355}`
    .split(' ')
    .concat(' ');
const VISIBLE = ['a', 'Ä', '主', '=', "'", '"', '-', '\u{1F355}'];

/** Text as it is kept: one line that is not blank, composed and without spaces around it. */
const text = (parts: number) => {
  const some = array(oneof(constantFrom(...SPECIAL), string({ unit: 'binary', maxLength: 3 })), {
    maxLength: parts,
  }).map((all) => all.join('').replaceAll(/[\p{Cc}\p{Cs}]/gu, ''));
  return tuple(some, constantFrom(...VISIBLE), some).map((all) => all.join('').normalize('NFC').trim());
};

/** Currencies of every kind, and how many decimals ISO 4217 gives them. */
const DECIMALS = { JPY: 0, USD: 2, HUF: 2, XCG: 2, DEM: 2, ITL: 0, KWD: 3, IQD: 3, CLF: 4, UYW: 4, XAU: 4 };
const money = constantFrom(...Object.entries(DECIMALS)).chain(([currency, decimals]) => {
  const limit = 10 ** (11 + decimals) - 1;
  return integer({ min: -limit, max: limit })
    .filter((units) => units !== 0)
    .map((units) => ({ currency, value: Number(`${units}e-${decimals}`) }));
});

const expense = tuple(
  record({
    date: date({
      min: new Date('1900-01-01'),
      max: new Date('9999-12-31'),
      noInvalidDate: true,
    }).map((day) => day.toISOString().slice(0, 10)),
    description: text(6),
    category: option(text(3)),
  }),
  money,
).map(([fields, amount]) => Object.assign(fields, amount));

/** However slow the machine is, and also for a smaller example of what fails. */
const TIME_LIMIT_MS = 30_000;

type Fields = ReturnType<typeof fieldsOf>;

const fieldsOf = ({ date: day, description, value, currency, category }: Record<string, unknown>) => ({
  date: day,
  description,
  value,
  currency,
  category,
});

/** In an order that does not depend on when they were made. */
const sorted = (rows: readonly Fields[]) => rows.map((row) => JSON.stringify(row)).toSorted();

const kept = async (caller: Caller) =>
  sorted((await caller('GET', '/?limit=500')).json<Record<string, unknown>[]>().map(fieldsOf));

const exported = async (caller: Caller, query = '') =>
  (await caller('GET', `/${query}`, { headers: { accept: 'text/csv' } })).rawPayload;

const send = (caller: Caller, payload: string | Buffer, query = '') =>
  caller('POST', `/expenses/import${query}`, { payload, headers: { 'content-type': 'text/csv' } });

const imports = async (caller: Caller, payload: string | Buffer) => (await send(caller, payload)).json();

describeOnBothEngines('What is exported', (engine) => {
  let ledger: Ledger;

  beforeAll(async () => {
    ledger = await Ledger.start(engine);
  });

  afterAll(() => ledger?.close());

  it('is taken back as the same rows, and as none when they are there, whatever is in them', async () => {
    let run = 0;
    const rows = tuple(
      array(expense, { maxLength: 3 }),
      uniqueArray(tuple(text(3), expense), { maxLength: 3, selector: ([externalId]) => externalId }),
      boolean(),
    );
    await assert(
      asyncProperty(rows, async ([created, named, bom]) => {
        const caller = ledger.as(`round trip ${++run}`);
        const other = ledger.as(`other of round trip ${run}`);
        for (const payload of created) await caller('POST', '/expenses', { payload });
        const bankFile = stringify(
          named.map(([externalId, fields]) => ({ ...fields, externalId })),
          {
            header: true,
            columns: ['externalId', 'date', 'description', 'value', 'currency', 'category'],
            cast: { string: escapeFormulas },
          },
        );
        deepEqual(await imports(caller, bankFile), { imported: named.length, skipped: 0 });
        const all = sorted([...created, ...named.map(([, fields]) => fields)].map(fieldsOf));
        deepEqual(await kept(caller), all);

        const file = await exported(caller, bom ? '?bom=true' : '');
        deepEqual(await imports(caller, file), { imported: 0, skipped: all.length });
        deepEqual(await imports(other, file), { imported: all.length, skipped: 0 });
        deepEqual(await kept(other), all);

        await caller('DELETE', '/expenses');
        deepEqual(await imports(caller, file), { imported: all.length, skipped: 0 });
        deepEqual(await kept(caller), all);
        // What was exported before and after, and what the bank sent, is known still.
        for (const known of [file, await exported(caller)]) {
          deepEqual(await imports(caller, known), { imported: 0, skipped: all.length });
        }
        deepEqual(await imports(caller, bankFile), { imported: 0, skipped: named.length });
      }),
      { numRuns: 25, interruptAfterTimeLimit: TIME_LIMIT_MS },
    );
  });

  it('is taken back after a person has changed a description in it, with the rows that are new', async () => {
    const caller = ledger.as('editor');
    await caller('POST', '/expenses', { payload: { date: '2026-01-02', description: 'old', value: 1 } });
    const lines = (await exported(caller)).toString().split('\r\n');
    const more = [...lines.slice(0, -1), `,2026-01-03,new,2,USD,,,,`, ''].join('\r\n');
    expect(await imports(caller, more.replace('old', 'changed'))).toEqual({ imported: 1, skipped: 1 });
    const rows = (await caller('GET', '/')).json<Record<string, unknown>[]>();
    expect(rows.map(({ description }) => description)).toEqual(['new', 'old']);
  });

  it('of others names its owner, who alone can take it back', async () => {
    const owner = ledger.as('auth0|rita');
    await owner('POST', '/expenses', { payload: { date: '2026-01-02', description: 'x', value: 1 } });
    const accountant = ledger.as('accountant', ['read:reports', 'read:all_reports', 'create:expenses']);
    const file = await exported(accountant, '?owner=auth0%7Crita');
    expect(file.toString()).toMatch(/,owner\r\n[^\r]*,auth0\|rita\r\n$/);
    const refused = await send(accountant, file);
    expect(refused.statusCode).toBe(422);
    expect(pointers(refused)).toEqual(['#/lines/2/owner']);
    expect(await imports(owner, file)).toEqual({ imported: 0, skipped: 1 });
  });

  it('is what a dry run of an import says of it, which writes nothing', async () => {
    const caller = ledger.as('careful');
    const file = 'date,description,value,externalId\n2026-01-02,x,1,a\n2026-01-02,y,1,b\n';
    const dryRun = await send(caller, file, '?dryRun=true');
    expect(dryRun.statusCode).toBe(200);
    expect(dryRun.json()).toEqual({ dryRun: true, imported: 2, skipped: 0 });
    expect(await kept(caller)).toEqual([]);
    expect(await imports(caller, file)).toEqual({ imported: 2, skipped: 0 });
    expect((await send(caller, file, '?dryRun=true')).json()).toEqual({
      dryRun: true,
      imported: 0,
      skipped: 2,
    });
  });
});
