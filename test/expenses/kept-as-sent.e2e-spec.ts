import { describeOnBothEngines } from '../support/databases.js';
import { type Caller, type ExpenseAnswer, Ledger } from '../support/ledger.js';

/** Members as JSON, since JSON.stringify writes numbers in its own way. */
const body = (members: Record<string, string>) =>
  `{${Object.entries({ date: '"2026-03-31"', description: '"Dinner"', value: '20', ...members })
    .map(([name, json]) => `"${name}":${json}`)
    .join(',')}}`;

describeOnBothEngines('What is sent is what is kept:', (engine) => {
  let ledger: Ledger;
  let caller: Caller;

  beforeAll(async () => {
    ledger = await Ledger.start(engine);
    caller = ledger.as('auth0|alice');
  });

  afterAll(() => ledger?.close());

  const post = (payload: string | Buffer) =>
    caller('POST', '/expenses', { payload, headers: { 'content-type': 'application/json' } });

  /** What is read back after a body was sent. */
  const keptOf = async (payload: string | Buffer): Promise<ExpenseAnswer> => {
    const created = await post(payload);
    expect(created.statusCode).toBe(201);
    const found = await caller('GET', `/expenses/${created.json<ExpenseAnswer>().id}`);
    return found.json();
  };

  it.each([
    ['1e2', 100],
    ['1E+2', 100],
    ['1e-2', 0.01],
    ['-1e-2', -0.01],
    ['1.10', 1.1],
    ['100e-2', 1],
    ['0.1e1', 1],
    ['20.000000000000000000000', 20],
    ['-99999999999.99', -99_999_999_999.99],
  ])('the value %s', async (json, value) => {
    expect(await keptOf(body({ value: json }))).toMatchObject({ value });
  });

  it.each([
    ['CLF', '0.0001'],
    ['UYW', '1.2345'],
    ['UYI', '1'],
    ['VED', '1.25'],
    ['VES', '1.25'],
    ['VEF', '1.25'],
    ['XCG', '1.25'],
    ['ANG', '1.25'],
    ['ZWG', '1.25'],
    ['ZWL', '1.25'],
    ['BOV', '1.25'],
    ['CHE', '1.25'],
    ['COU', '1.25'],
    ['MXV', '1.25'],
    ['USN', '1.25'],
    ['MGA', '1.2'],
    ['MRU', '1.2'],
    ['MRO', '1.2'],
    ['SLE', '1.25'],
    ['SLL', '1.25'],
    ['BGN', '1.25'],
    ['HRK', '1.25'],
    ['DEM', '1.25'],
    ['ITL', '1500'],
    ['XAU', '1.2345'],
    ['XDR', '1.2345'],
    ['XSU', '1.2345'],
  ])('an amount of %s %s', async (currency, value) => {
    const kept = await keptOf(body({ currency: `"${currency}"`, value }));
    expect(kept).toMatchObject({ currency, value: Number(value) });
  });

  it.each([
    ['2024-02-29', '2024-02-29'],
    ['2000-02-29', '2000-02-29'],
    ['1900-01-01', '1900-01-01'],
    ['9999-12-31', '9999-12-31'],
    ['2026-01-01T10:00', '2026-01-01'],
    ['2026-01-01T23:30:00', '2026-01-01'],
    ['2026-01-01T00:30:00+14:00', '2026-01-01'],
    ['2026-12-31T23:59:59.999999999-12:00', '2026-12-31'],
    ['2026-01-01T10:00:00-00:00', '2026-01-01'],
  ])('of the date %s the day, as it is written', async (sent, date) => {
    expect(await keptOf(body({ date: `"${sent}"` }))).toMatchObject({ date });
  });

  it.each([
    ['a\\u200bb', 'a\u200Bb'],
    ['\\u202eabc', '\u202Eabc'],
    ['\\u2066x\\u2069', '\u2066x\u2069'],
    ['a\\u2028b', 'a\u2028b'],
    ['a\\u00a0b', 'a\u00A0b'],
    ['\\ufeffabc', 'abc'],
    ['\\u0301', '\u0301'],
    ['e\\u0301', '\u00E9'],
    ['\\u212b', '\u00C5'],
    ['\\ufb01', '\uFB01'],
    ['\\ufffd', '\uFFFD'],
    ['\\ue000', '\uE000'],
    ['\\ud83c\\udf55', '\u{1F355}'],
    ['\u{1F355}'.repeat(200), '\u{1F355}'.repeat(200)],
    ['e\\u0301'.repeat(500), '\u00E9'.repeat(500)],
    ['\u{1F468}\u200D\u{1F469}\u200D\u{1F467}', '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}'],
    ["'=1", "'=1"],
    ['x;=1', 'x;=1'],
    ['\\\\\\" \\/', '\\" /'],
  ])('the text %s', async (sent, description) => {
    expect(await keptOf(body({ description: `"${sent}"`, category: '"\u{1F355}"' }))).toMatchObject({
      description,
      category: '\u{1F355}',
    });
  });

  it('a body behind a byte order mark', async () => {
    expect(await keptOf(`\uFEFF${body({ description: '"\u00FC"' })}`)).toMatchObject({
      description: '\u00FC',
    });
  });

  it.each(['Caf\u00E9', 'Cafe\u0301', 'CAF\u00C9'])('what is looked for as %s is found', async (text) => {
    const visitor = ledger.as(`visitor of ${text}`);
    const payload = { date: '2026-01-02', description: 'Cafe\u0301', value: 1, category: 'Cafe\u0301' };
    await visitor('POST', '/expenses', { payload });
    expect((await visitor('GET', `/?text=${encodeURIComponent(text)}`)).json()).toHaveLength(1);
    const found = await visitor('GET', `/?category=${encodeURIComponent(text)}`);
    expect(found.json()).toHaveLength(text === 'CAF\u00C9' ? 0 : 1);
  });
});
