import { type TestApp, TestIssuer } from '../../src/testing/index.js';
import { createTestApp } from '../support/test-app.js';

const header = 'date,description,value';
const good = '2026-01-02,a,1';
/** The byte after the last one of a file of DOS. */
const CONTROL_Z = '\u001A';

let issuer: TestIssuer;
let api: TestApp;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  api = await createTestApp({ issuer });
  // The keys of the issuer are fetched now.
  while ((await send(good)).statusCode === 503);
});
afterAll(async () => {
  await api?.close();
  await issuer?.close();
});

let files = 0;
const send = (payload: string | Buffer, type = 'text/csv') => {
  const token = issuer.tokenFor({ sub: `sender ${++files}`, scopes: ['create:expenses'] });
  const headers = { 'content-type': type };
  return api.inject({ method: 'POST', url: '/expenses/import', payload, headers }, token);
};

describe('A file is imported', () => {
  it.each([
    ['with CR LF after its header and LF after its rows', `${header}\r\n${good}\n${good}\n`, 2],
    ['with LF after its header and CR LF after its rows', `${header}\n${good}\r\n${good}\r\n`, 2],
    ['with CR between its lines', `${header}\r${good}\r${good}`, 2],
    ['with empty lines before, between and after', `\r\n\n${header}\n\n${good}\n\r\n\n`, 1],
    ['with rows of commas only', `${header},currency,category\n${good},USD,\n,,,,\n , ,,,\n`, 1],
    ['with a comma at the end of every line', `${header},\n${good},\n`, 1],
    ['with a control Z at its end', `${header}\r\n${good}\r\n${CONTROL_Z}`, 1],
    ['with many of them, which fill its last block', `${header}\r\n${good}\r\n${CONTROL_Z.repeat(60)}`, 1],
    ['with a byte order mark', `\uFEFF${header}\n${good}\n`, 1],
    ['with capital letters in its header', `Date,DESCRIPTION,Value\n${good}\n`, 1],
    ['with its columns in another order', `value,date,description\n1,2026-01-02,a\n`, 1],
    ['with a sign before a value', `${header}\n2026-01-02,a,+12.34\n`, 1],
    ['with zeros behind a value', `${header}\n2026-01-02,a,1.000000000000\n`, 1],
    ['of a header only', header, 0],
    ['with spaces around everything', ' Date , "Description" ,VALUE \n 2026-01-02 , "a" , 1 \n', 1],
    ['with a byte order mark and quotes', '\uFEFF"date","description","value"\n"2026-01-02","a","1"\n', 1],
    ['with LF CR between its lines', `${header}\n\r${good}\n\r`, 1],
    ['with a blank row in quotes', `${header}\n"","",""\n${good}\n`, 1],
    ['with rows of spaces', `${header}\n   \n , , \n${good}\n`, 1],
    ['with several commas at the end of every line', `${header},,,\n${good},,,\n`, 1],
    ['with doubled quotes in a text', `${header}\n2026-01-02,"5"" nail",1\n`, 1],
    ['with an empty category in quotes', `${header},category\n${good},""\n`, 1],
    ['with an apostrophe that is no escape', `${header}\n2026-01-02,'tis,1\n`, 1],
    ['with text that looks like UTF-7', `${header}\n2026-01-02,caf+AOk-,1\n`, 1],
    ['with zeros before a value', `${header}\n2026-01-02,a,007\n`, 1],
    ['with the largest value', `${header}\n2026-01-02,a,99999999999.99\n`, 1],
    ['with a leap day', `${header}\n2024-02-29,a,1\n`, 1],
    ['with a date and a time', `${header}\n2026-01-02T23:00:00-05:00,a,1\n`, 1],
    ['with rows without an external id', `${header},externalId\n${good},\n${good},\n`, 2],
    ['with external ids in small and capital letters', `${header},externalId\n${good},a\n${good},A\n`, 2],
  ])('%s', async (_, file, imported) => {
    const answer = await send(file);
    expect(answer.json()).toEqual({ imported, skipped: 0 });
  });
});

describe('A file is refused, and its fault named where a person finds it:', () => {
  it.each([
    [
      'a value in its fifth line, with CR LF after all lines but the header',
      `${header}\n${`${good}\r\n`.repeat(3)}2026-01-02,a,0\r\n`,
      [['#/lines/5/value', 'must not be zero']],
    ],
    [
      'a value below a text with line ends in its quotes, and that text',
      `${header}\r\n2026-01-02,"a\r\nb\rc\nd",1\r\n2026-01-02,a,0\r\n`,
      [
        ['#/lines/2/description', 'must not contain control characters or broken Unicode'],
        ['#/lines/6/value', 'must not be zero'],
      ],
    ],
    [
      'a value below blank lines and rows of commas',
      `${header}\n\n,,\n\r\n2026-01-02,a,0\n`,
      [['#/lines/5/value', 'must not be zero']],
    ],
    [
      'a quote that is open from line 3 of 203 on',
      `${header}\n${good}\n2026-01-02,"open,1\n${`${good}\n`.repeat(200)}`,
      [['#/lines/3', 'begins a row whose quotes do not fit: one is not closed, or is followed by more text']],
    ],
    [
      'a quote that is followed by text',
      `${header}\r\n${good}\r\n2026-01-02,"a"b,1\r\n${good}\r\n`,
      [['#/lines/3', 'begins a row whose quotes do not fit: one is not closed, or is followed by more text']],
    ],
    [
      'a quote that is open in a very long file',
      `${header}\n${good}\n2026-01-02,"open,1\n${`${good}\n`.repeat(6000)}`,
      [['#/lines/3', 'begins a row of more than 65536 bytes; is there a quote that is not closed?']],
    ],
    [
      'semicolons between the columns',
      'date;description;value\n2026-01-02;a;3.50\n',
      [['#/lines/1', 'separates its columns by semicolons; commas are wanted']],
    ],
    [
      'tabs between the columns',
      'date\tdescription\tvalue\n2026-01-02\ta\t3.50\n',
      [['#/lines/1', 'separates its columns by tabs; commas are wanted']],
    ],
    [
      'semicolons between columns in quotes',
      '\r\n"date";"description";"value"\r\n"2026-01-02";"a";"3.50"\r\n',
      [['#/lines/2', 'separates its columns by semicolons; commas are wanted']],
    ],
    [
      'tabs between columns in quotes',
      '"date"\t"description"\t"value"\n',
      [['#/lines/1', 'separates its columns by tabs; commas are wanted']],
    ],
    [
      'a header whose quotes do not fit',
      'date,"descr"iption,value\n',
      [['#/lines/1', 'begins a row whose quotes do not fit: one is not closed, or is followed by more text']],
    ],
    [
      'vertical bars between the columns',
      'date|description|value\n2026-01-02|a|3.50\n',
      [['#/lines/1', 'separates its columns by vertical bars; commas are wanted']],
    ],
    [
      'unknown columns, by their names',
      `${header},Amount (EUR),\u{1F355}\n${good},,\n`,
      [
        ['#/lines/1', 'has the unknown column "Amount (EUR)"'],
        ['#/lines/1', 'has the unknown column "\u{1F355}"'],
      ],
    ],
    ['a column that is there twice', `${header},VALUE\n`, [['#/lines/1', 'has the column value twice']]],
    ['a column that is missing', 'date,description\n', [['#/lines/1', 'lacks the column value']]],
    [
      'dates as people write them',
      `${header}\n31.03.2026,a,1\n3/31/26,a,1\n31-3-2026,a,1\n`,
      [
        ['#/lines/2/date', 'is written as dd.mm.yyyy; must be yyyy-mm-dd, such as 2026-03-31'],
        ['#/lines/3/date', 'is written as dd/mm/yyyy; must be yyyy-mm-dd, such as 2026-03-31'],
        ['#/lines/4/date', 'is written as dd-mm-yyyy; must be yyyy-mm-dd, such as 2026-03-31'],
      ],
    ],
    [
      'a decimal comma',
      `${header}\n2026-01-02,a,"1.234,50"\n`,
      [['#/lines/2/value', 'has a decimal comma; must be written with a point, such as 12.50']],
    ],
    [
      'text in a column without a name',
      `${header},\n2026-01-02,a,1,more\n`,
      [['#/lines/2', 'has text in a column without a name']],
    ],
    [
      'rows of another length',
      `${header}\n2026-01-02,a\n2026-01-02,a,1,2\n`,
      [
        ['#/lines/2', 'has 2 columns, where the header has 3'],
        ['#/lines/3', 'has 4 columns, where the header has 3'],
      ],
    ],
    [
      'the same external id twice',
      `${header},externalId\n${good},x\n${good},y\n${good},x\n`,
      [['#/lines/4/externalId', 'is the same as in line 2']],
    ],
    [
      'the same external id in another form of Unicode',
      `${header},externalId\n${good},\u00E9\n${good},e\u0301\n`,
      [['#/lines/3/externalId', 'is the same as in line 2']],
    ],
    [
      'the same external id with a space behind it',
      `${header},externalId\n${good},a\n${good},"a\u00A0"\n`,
      [['#/lines/3/externalId', 'is the same as in line 2']],
    ],
    [
      'the same external id, once as a formula that was escaped',
      `${header},externalId\n${good},'=1\n${good},=1\n`,
      [['#/lines/3/externalId', 'is the same as in line 2']],
    ],
    [
      'external ids that are too long, and without anything to see',
      `${header},externalId\n${good},${'x'.repeat(201)}\n${good},\u200B\n`,
      [
        ['#/lines/2/externalId', 'must have at most 200 characters'],
        ['#/lines/3/externalId', 'must not be empty'],
      ],
    ],
    [
      'a quote within a text',
      `${header}\n2026-01-02,5" nail,1\n`,
      [['#/lines/2', 'begins a row whose quotes do not fit: one is not closed, or is followed by more text']],
    ],
    [
      'a quote with a backslash before it',
      `${header}\n2026-01-02,"5\\" nail",1\n`,
      [['#/lines/2', 'begins a row whose quotes do not fit: one is not closed, or is followed by more text']],
    ],
    [
      'a decimal comma without quotes',
      `${header}\n2026-01-02,a,3,50\n`,
      [['#/lines/2', 'has 4 columns, where the header has 3']],
    ],
    [
      'a semicolon at the end of every line',
      `${header};\n${good};\n`,
      [
        ['#/lines/1', 'lacks the column value'],
        ['#/lines/1', 'has the unknown column "value;"'],
      ],
    ],
    [
      'a currency in small letters',
      `${header},currency\n${good},eur\n`,
      [['#/lines/2/currency', 'must be a currency code of ISO 4217, such as USD']],
    ],
    [
      'a value with more decimals than its currency',
      `${header},currency\n2026-01-02,a,1.50,JPY\n`,
      [['#/lines/2/value', 'must have at most 0 decimals, as JPY has']],
    ],
    [
      'values with more decimals than the currency of those that name none',
      `${header}\n2026-01-02,a,1.005\n`,
      [['#/lines/2/value', 'must have at most 2 decimals, as USD has']],
    ],
    [
      'such a value where the currency is empty',
      `${header},currency\n2026-01-02,a,0.001,\n`,
      [['#/lines/2/value', 'must have at most 2 decimals, as USD has']],
    ],
    ['a negative zero', `${header}\n2026-01-02,a,-0.00\n`, [['#/lines/2/value', 'must not be zero']]],
    [
      'NUL in a text',
      `${header}\n2026-01-02,a\u0000b,1\n`,
      [['#/lines/2/description', 'must not contain control characters or broken Unicode']],
    ],
    [
      'an id that is none',
      `id,${header}\nx,2026-01-02,a,1\n`,
      [['#/lines/2/id', 'must be the id of an expense; externalId takes others']],
    ],
    [
      'a tab in a text',
      `${header}\n2026-01-02,a\tb,1\n`,
      [['#/lines/2/description', 'must not contain control characters or broken Unicode']],
    ],
  ])('%s', async (_, file, faults) => {
    const answer = await send(file);
    expect(answer.statusCode).toBe(422);
    const { errors } = answer.json<{ errors: { pointer: string; detail: string }[] }>();
    expect(errors.map(({ pointer, detail }) => [pointer, detail])).toEqual(faults);
  });

  it.each([
    '1e2',
    '1.',
    '.5',
    '1 234.5',
    "1'234.50",
    '"1,234.50"',
    '(5)',
    '5-',
    '\u22125',
    '$5',
    '5 EUR',
    '5%',
    '0x10',
    '1.00001',
    '100000000000',
    '\u0661',
    '-',
    "'5",
    '=5',
    '1_0',
    'NaN',
  ])('the value %s', async (value) => {
    const answer = await send(`${header}\n2026-01-02,a,${value}\n`);
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({
      errors: [
        {
          pointer: '#/lines/2/value',
          detail: 'must be a number such as -12.50, with at most 11 digits before the point and 4 after it',
        },
      ],
    });
  });

  it.each([
    '2026-1-2',
    '2026/01/02',
    '20260102',
    '2026-02-29',
    '46024',
    'Jan 2 2026',
    '2026-01-02 00:00:00',
    '',
  ])('the date %s', async (date) => {
    const answer = await send(`${header}\n${date},a,1\n`);
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({
      errors: [
        { pointer: '#/lines/2/date', detail: 'must be a date such as 2026-03-31, not before 1900-01-01' },
      ],
    });
  });

  it.each([
    ['UTF-16 without a byte order mark', Buffer.from(`${header}\r\n${good}\r\n`, 'utf16le'), 'UTF-16'],
    ['UTF-16 with one', Buffer.from(`\uFEFF${header}\r\n${good}\r\n`, 'utf16le'), 'UTF-16'],
    ['UTF-16 with the other one', Buffer.from(`\uFEFF${header}\r\n`, 'utf16le').swap16(), 'UTF-16'],
    [
      'UTF-32 without one',
      Buffer.from(Array.from(header, (letter) => [0, 0, 0, letter.charCodeAt(0)]).flat()),
      'UTF-16',
    ],
    ['an overlong letter', Buffer.from(`${header}\n2026-01-02,\xC0\xAF,1\n`, 'latin1'), 'not UTF-8'],
    ['a surrogate', Buffer.from(`${header}\n2026-01-02,\xED\xA0\x80,1\n`, 'latin1'), 'not UTF-8'],
    ['Latin-1 in its header', Buffer.from(`dat\xE9,description,value\n`, 'latin1'), 'not UTF-8'],
    ['a file that is compressed', Buffer.from('\x1F\x8B\x08\x00abc', 'latin1'), 'not UTF-8'],
    ['Latin-1', Buffer.from(`${header}\n2026-01-02,caf\u00E9,1\n`, 'latin1'), 'not UTF-8'],
    [
      'a letter that is cut at the end',
      Buffer.from(`${header}\n2026-01-02,a,1\n\u00E9`).subarray(0, -1),
      'not UTF-8',
    ],
  ])('its encoding, %s', async (_, file, word) => {
    const answer = await send(file);
    expect(answer.statusCode).toBe(422);
    expect(answer.json<{ detail: string }>().detail).toContain(word);
  });

  it.each([
    ['application/csv', 415],
    ['text/comma-separated-values', 415],
    ['application/vnd.ms-excel', 415],
    ['application/octet-stream', 415],
    ['text/csv, text/plain', 415],
    ['text/csv; charset=windows-1252', 415],
    ['text/csv; charset=utf-8; charset=windows-1252', 415],
    ['TEXT/CSV', 201],
    ['text/csv ; charset="UTF-8"', 201],
    ['text/csv; header=present', 201],
  ])('another type, or not: %s is answered %d', async (type, status) => {
    const answer = await send(`${header}\n${good}\n`, type);
    expect(answer.statusCode).toBe(status);
  });

  it('another charset that it is said to have', async () => {
    const answer = await send(`${header}\n${good}\n`, 'text/csv; charset=iso-8859-1');
    expect(answer.statusCode).toBe(415);
    expect(answer.json<{ detail: string }>().detail).toBe('A body must be in UTF-8');
  });
});
