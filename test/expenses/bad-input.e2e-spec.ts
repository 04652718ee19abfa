import { deepEqual } from 'node:assert/strict';
import { assert, anything, asyncProperty, constantFrom, dictionary, double, oneof, string } from 'fast-check';
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
    ['value', '"20"'],
    ['value', 'true'],
    ['value', '{"$gt":0}'],
    ['currency', '"usd"'],
    ['currency', '"XYZ1"'],
    ['currency', '"AAA"'],
    ['currency', 'null'],
    ['currency', '""'],
    ['category', '""'],
    ['category', `"${'x'.repeat(51)}"`],
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
    const parameters = constantFrom(
      'limit',
      'cursor',
      'from',
      'to',
      'category',
      'currency',
      'text',
      'min',
      'max',
      'owner',
    );
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
