import { deepEqual } from 'node:assert/strict';
import { assert, anything, asyncProperty, constantFrom, dictionary, double, oneof, string } from 'fast-check';
import { listQuery } from '../../src/expenses/expenses.query.js';
import { describeOnBothEngines } from '../support/databases.js';
import { type Caller, Ledger, pointers } from '../support/ledger.js';

const good = { date: '2026-03-31', description: 'Dinner', value: 20 };

/** A body as JSON, member by member: some of these cannot be written by JSON.stringify. */
const body = (members: Record<string, string>) =>
  `{${Object.entries({ date: '"2026-03-31"', description: '"Dinner"', value: '20', ...members })
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`)
    .join(',')}}`;

describeOnBothEngines('Bad input', (engine) => {
  let ledger: Ledger;
  let caller: Caller;

  beforeAll(async () => {
    ledger = await Ledger.start(engine);
    caller = ledger.as('auth0|mallory');
  });

  // Whatever was sent: nothing was written.
  afterEach(async () => {
    deepEqual((await caller('GET', '/')).json(), []);
  });

  afterAll(() => ledger?.close());

  const post = (payload: string, type = 'application/json') =>
    caller('POST', '/expenses', { payload, headers: { 'content-type': type } });

  it.each([
    ['date', '"2026-02-30"'],
    ['date', '"2025-02-29"'],
    ['date', '"0000-01-01"'],
    ['date', '"1899-12-31"'],
    ['date', '"2026-3-1"'],
    ['date', '"2026-03-31T25:00:00Z"'],
    ['date', '"31.03.2026"'],
    ['date', '"2026-03-31\\u0000"'],
    ['date', '"\u0662\u0660\u0662\u0666-03-31"'],
    ['date', '"1900-02-29"'],
    ['date', '"2026-04-31"'],
    ['date', '"10000-01-01"'],
    ['date', '"+002026-01-01"'],
    ['date', '"-2026-01-01"'],
    ['date', '"2026-01-01T24:00:00Z"'],
    ['date', '"2026-12-31T23:59:60Z"'],
    ['date', '"2026-01-01T10:00:00+99:00"'],
    ['date', '"2026-01-01T10:00:00+0200"'],
    ['date', '"2026-01-01 10:00:00"'],
    ['date', '"2026-01-01T10:00:00Z[Europe/Berlin]"'],
    ['date', '"2026-01-01Z"'],
    ['date', '"2026-W01-1"'],
    ['date', '"2026-001"'],
    ['date', '"20260101"'],
    ['date', '"2026-01"'],
    ['date', '" 2026-01-01"'],
    ['date', '"2026\u201301\u201301"'],
    ['date', '1774915200000'],
    ['date', 'null'],
    ['description', '""'],
    ['description', '" \\u00a0\\u2003 "'],
    ['description', '"a\\u0000b"'],
    ['description', '"a\\ud800b"'],
    ['description', '"a\\udc00"'],
    ['description', '"a\\nb"'],
    ['description', `"${'x'.repeat(501)}"`],
    ['description', `"${'\u{1F355}'.repeat(501)}"`],
    ['description', `"${'\u0958'.repeat(300)}"`],
    ['description', '"a\\u0085b"'],
    ['description', '"\\u007f"'],
    ['description', '"\\t a"'],
    ['description', '"a\\r\\nb"'],
    ['description', '"\\uffff"'],
    ['description', '"\\udbff\\udfff"'],
    ['description', '"\u{E0001}"'],
    ['description', '["a"]'],
    ['value', '0'],
    ['value', '-0'],
    ['value', '0.0'],
    ['value', '1e400'],
    ['value', '-1e400'],
    ['value', '1e21'],
    ['value', '100000000000'],
    ['value', '0.30000000000000004'],
    ['value', '1.005'],
    ['value', '1e-7'],
    ['value', '1.00000000000000001'],
    ['value', '20.000000000000000001'],
    ['value', '12.340000000000000001'],
    ['value', '99999999999.9900001'],
    ['value', '99999999999.995'],
    ['value', '9007199254740993'],
    ['value', '1e-400'],
    ['value', '20, "value": 21'],
    ['value', '20, "\\u0076alue": 20'],
    ['value', '"20"'],
    ['value', 'true'],
    ['value', '{"$gt":0}'],
    ['currency', '"usd"'],
    ['currency', '"XYZ1"'],
    ['currency', '"AAA"'],
    ['currency', '"Eur"'],
    ['currency', '"EUR "'],
    ['currency', '"XXX"'],
    ['currency', '"XTS"'],
    ['currency', '"BTC"'],
    ['currency', '"CNH"'],
    ['currency', '"GBX"'],
    ['currency', '"978"'],
    ['currency', '"\u20ac"'],
    ['currency', 'null'],
    ['currency', '""'],
    ['category', '""'],
    ['category', `"${'x'.repeat(51)}"`],
    ['category', `"${'\u{1F355}'.repeat(51)}"`],
    ['category', '"\\ud83c"'],
    ['category', '"food", "category": null'],
    ['category', '"\\u0007"'],
    ['id', '"0190a0a0-0000-7000-8000-000000000000"'],
    ['owner', '"auth0|alice"'],
    ['constructor', '{"x":1}'],
    ['toString', '1'],
    ['a/b~c', '1'],
  ])('answers 422 to a new expense with %s %s, and names that field alone', async (name, json) => {
    const answer = await post(body({ [name]: json }));
    expect(answer.statusCode).toBe(422);
    const pointer = name.replaceAll('~', '~0').replaceAll('/', '~1');
    expect(pointers(answer)).toEqual([`#/${encodeURIComponent(pointer)}`]);
  });

  it.each([
    ['1.5', 'ITL', 0],
    ['1.5', 'UYI', 0],
    ['0.5', 'KRW', 0],
    ['1.255', 'VED', 2],
    ['1.255', 'XCG', 2],
    ['1.255', 'ZWG', 2],
    ['1.2345', 'TND', 3],
    ['1.23456', 'CLF', 4],
    ['1.23456', 'XAU', 4],
  ])('answers 422 to %s %s, and says how many decimals there are', async (value, currency, decimals) => {
    const answer = await post(body({ value, currency: `"${currency}"` }));
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({
      errors: [{ pointer: '#/value', detail: `must have at most ${decimals} decimals, as ${currency} has` }],
    });
  });

  it.each([
    '+1',
    '01',
    '.5',
    '1.',
    '1e',
    '0x10',
    '1_000',
    '1,5',
    'NaN',
    'Infinity',
    '\u0661',
    "'1'",
    '1//',
    '20,',
  ])('answers 400 to a value that is no JSON: %s', async (json) => {
    const answer = await post(body({ value: json }));
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'malformed_request' });
  });

  it.each([
    ['Latin-1 in a text', [0xe9]],
    ['an overlong solidus', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['five bytes for a letter', [0xf8, 0x88, 0x80, 0x80, 0x80]],
    ['a letter beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['a letter that is cut', [0xe2, 0x82]],
  ])('answers 400 to %s, in a text and in a name', async (_name, bytes) => {
    for (const [before, after] of [
      ['{"date":"2026-03-31","value":1,"description":"', '"}'],
      ['{"date":"2026-03-31","value":1,"description":"x","', '":1}'],
    ] as const) {
      const payload = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
      const answer = await caller('POST', '/expenses', {
        payload,
        headers: { 'content-type': 'application/json' },
      });
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({ code: 'malformed_request', detail: 'The body is not UTF-8' });
    }
  });

  it('names all faulty fields at once', async () => {
    const answer = await post(
      body({
        date: '"2026-02-30"',
        description: '""',
        value: '0.001',
        currency: '"EUR"',
        category: '7',
        more: '1',
      }),
    );
    expect(pointers(answer)).toEqual(['#/category', '#/date', '#/description', '#/more', '#/value']);
  });

  it('measures a value without a currency by the default currency', async () => {
    const answer = await post(body({ value: '1.005', date: '"x"' }));
    expect(pointers(answer)).toEqual(['#/date', '#/value']);
  });

  it.each([
    ['an array', '[]', 422],
    ['a text', '"x"', 422],
    ['null', 'null', 422],
    ['a number', '1', 422],
    ['broken JSON', '{"date":', 400],
    ['no body', '', 400],
    ['an array of expenses', `[${body({})}]`, 422],
    ['two expenses', `${body({})}${body({})}`, 400],
    ['followed by NUL', `${body({})}\u0000`, 400],
    ['behind a space of another kind', `\u00a0${body({})}`, 400],
    ['JSON in UTF-16', Buffer.from(body({}), 'utf16le').toString(), 400],
    ['__proto__ by escapes', body({}).replace('{', '{"\\u005f_proto__":{},'), 400],
    ['a lone surrogate for a name', body({}).replace('{', '{"\\ud800":1,'), 422],
    ['__proto__', `{"date":"2026-03-31","description":"x","value":1,"__proto__":{"owner":"x"}}`, 400],
    [
      'constructor.prototype',
      `{"date":"2026-03-31","description":"x","value":1,"constructor":{"prototype":{}}}`,
      400,
    ],
    ['deep JSON', `{"category":${'['.repeat(8000)}${']'.repeat(8000)}}`, 422],
    ['a text of a mebibyte', `{"description":"${'x'.repeat(1024 * 1024)}"}`, 413],
    ['a text of 16 KiB', `{"description":"${'x'.repeat(16 * 1024)}"}`, 413],
    ['a text of almost 16 KiB', `{"description":"${'x'.repeat(16_000)}"}`, 422],
    ['very many fields', `{${Array.from({ length: 1500 }, (_, index) => `"f${index}":1`).join(',')}}`, 422],
  ])('answers a body that is %s by a problem', async (_, payload, status) => {
    const answer = await post(payload);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body.length).toBeLessThan(20_000);
  });

  it.each([
    'text/plain',
    'application/xml',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
  ])('answers 415 to %s', async (type) => {
    expect((await post('x=1', type)).statusCode).toBe(415);
  });

  it.each(['1', 'undefined', '0190a0a0-0000-7000-8000-00000000000', '%00', "'; DROP TABLE expenses; --"])(
    'answers 400 or 404 to the id %s',
    async (id) => {
      for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
        const more = method === 'PATCH' ? { payload: {} } : {};
        const answer = await caller(method, `/expenses/${encodeURI(id).replace('%2500', '%00')}`, more);
        expect([400, 404]).toContain(answer.statusCode);
      }
    },
  );

  const names = constantFrom(
    'date',
    'description',
    'value',
    'currency',
    'category',
    '__proto__',
    'constructor',
    'x',
  );
  const values = oneof(
    anything({ withBigInt: false, withDate: false, withMap: false, withSet: false }),
    string({ unit: 'binary' }),
    double(),
    constantFrom<unknown>(good.date, good.description, '\u0000', '\ud800', -0, 1e308, {}, []),
  );

  it('is never a fault of ours, whatever the fields hold', async () => {
    await assert(
      asyncProperty(dictionary(names, values, { maxKeys: 6 }), async (fields) => {
        // `nothing` makes sure that it is bad, so that nothing is written.
        const answer = await post(JSON.stringify({ ...fields, nothing: 1 }));
        expect([400, 422]).toContain(answer.statusCode);
      }),
      { numRuns: 200 },
    );
  });

  it('is never a fault of ours, whatever the parameters hold', async () => {
    const parameters = constantFrom(...Object.keys(listQuery.shape));
    await assert(
      asyncProperty(parameters, string({ unit: 'binary' }), async (name, value) => {
        const answer = await caller(
          'GET',
          `/?${new URLSearchParams({ [name]: value.toWellFormed() }).toString()}`,
        );
        expect([200, 400, 403]).toContain(answer.statusCode);
      }),
      { numRuns: 200 },
    );
  });
});
