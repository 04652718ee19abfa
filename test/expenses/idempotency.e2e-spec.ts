import { sql } from '../../src/database/drizzle.js';
import { describeOnBothEngines } from '../support/databases.js';
import { type Caller, type ExpenseAnswer, Ledger } from '../support/ledger.js';

const pizza = { date: '2021-07-05', description: 'Pizza for a Coding Dojo session.', value: 102 };
const MAX_KEYS = 10_000;
/** How many keys that have expired a request clears away. */
const CLEARED_KEYS = 20;

const withKey = (key: string) => ({ 'idempotency-key': key });

const send = (caller: Caller, key: string, payload: object = pizza) =>
  caller('POST', '/expenses', { payload, headers: withKey(key) });

/** A file of one row. */
const fileOf = (value: number) => `date,description,value\n2026-01-02,x,${value}\n`;

const sendFile = (caller: Caller, key: string, payload: string) =>
  caller('POST', '/expenses/import', { payload, headers: { ...withKey(key), 'content-type': 'text/csv' } });

describeOnBothEngines('An Idempotency-Key', (engine) => {
  let ledger: Ledger;
  let alice: Caller;
  let bob: Caller;

  beforeAll(async () => {
    ledger = await Ledger.start(engine);
    alice = ledger.as('auth0|alice');
    bob = ledger.as('auth0|bob');
  });

  afterAll(() => ledger?.close());

  const countOnce = async () => (await alice('GET', '/?text=once&limit=500')).json<unknown[]>().length;

  const age = (key: string) =>
    ledger.select(sql`UPDATE idempotency_keys SET created_at = now() - interval '8 days' WHERE key = ${key}`);

  /** Keys of some owner that were sent one second after the other, the last one so long ago. */
  const addKeys = (owner: string, count: number, ago: string) =>
    ledger.select(sql`
      INSERT INTO idempotency_keys (owner, key, fingerprint, answer, created_at)
      SELECT ${owner}, 'old ' || n, 'x', '{}', now() - ${ago}::interval - n * interval '1 second'
      FROM generate_series(1, ${count}::int) AS n`);

  const keysOf = async (owner: string) =>
    (await ledger.select(sql`SELECT key FROM idempotency_keys WHERE owner = ${owner}`)).map(({ key }) => key);

  it('makes a repeated request return the first answer', async () => {
    const payload = { ...pizza, description: 'once a' };
    const before = await countOnce();
    const first = await alice('POST', '/expenses', { payload, headers: withKey('"key-1"') });
    const second = await alice('POST', '/expenses', { payload, headers: withKey('key-1') });
    expect(second.statusCode).toBe(201);
    expect(second.json()).toEqual(first.json());
    expect(second.headers.location).toBe(first.headers.location);
    expect(second.headers.etag).toBe(first.headers.etag);
    expect(await countOnce()).toBe(before + 1);
  });

  it('creates one expense for requests that come at the same time', async () => {
    const payload = { ...pizza, description: 'once b' };
    const before = await countOnce();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => alice('POST', '/expenses', { payload, headers: withKey('key-2') })),
    );
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(await countOnce()).toBe(before + 1);
  });

  it('answers 422 to another body with the same key', async () => {
    await alice('POST', '/expenses', { payload: pizza, headers: withKey('key-3') });
    const other = await alice('POST', '/expenses', {
      payload: { ...pizza, value: 1 },
      headers: withKey('key-3'),
    });
    expect(other.statusCode).toBe(422);
    expect(other.json()).toMatchObject({ code: 'idempotency_key_reused' });
  });

  it("is the owner's: another may use the same key", async () => {
    const hers = await alice('POST', '/expenses', { payload: pizza, headers: withKey('key-4') });
    const his = await bob('POST', '/expenses', { payload: pizza, headers: withKey('key-4') });
    expect(his.statusCode).toBe(201);
    expect(his.json<ExpenseAnswer>().id).not.toBe(hers.json<ExpenseAnswer>().id);
  });

  it('is free again after a refused request', async () => {
    const refused = await alice('POST', '/expenses', {
      payload: { ...pizza, value: 0 },
      headers: withKey('key-5'),
    });
    expect(refused.statusCode).toBe(422);
    const accepted = await alice('POST', '/expenses', { payload: pizza, headers: withKey('key-5') });
    expect(accepted.statusCode).toBe(201);
  });

  it('is forgotten after a week', async () => {
    const first = await alice('POST', '/expenses', { payload: pizza, headers: withKey('key-6') });
    await ledger.select(
      sql`UPDATE idempotency_keys SET created_at = now() - interval '8 days' WHERE key = 'key-6'`,
    );
    const again = await alice('POST', '/expenses', { payload: pizza, headers: withKey('key-6') });
    expect(again.json<ExpenseAnswer>().id).not.toBe(first.json<ExpenseAnswer>().id);
  });

  it.each([
    '',
    'a b',
    'a\tb',
    'x'.repeat(256),
    'ü',
    '"abc',
    'abc"',
    '"',
    '""',
    '"a\\"b"',
    'a\\b',
    '"a";x=1',
    'a, a',
  ])('is refused as %j', async (key) => {
    const refused = await alice('POST', '/expenses', { payload: pizza, headers: withKey(key) });
    expect(refused.statusCode).toBe(400);
  });

  it.each(['"a,b"', ':YWJj:', '?1', '1', 'a;b', '%20', "'a'", 'x'.repeat(255), `"${'y'.repeat(255)}"`])(
    'may be %s',
    async (key) => {
      const first = await send(alice, key);
      expect(first.statusCode).toBe(201);
      expect((await send(alice, key)).json()).toEqual(first.json());
    },
  );

  it('is another one in capital letters', async () => {
    await send(alice, 'letters');
    expect((await send(alice, 'LETTERS')).headers['idempotency-replayed']).toBeUndefined();
  });

  it('answers for the same expense, however it is written', async () => {
    const first = await send(alice, 'same');
    for (const other of [
      { description: ` ${pizza.description}` },
      { date: `${pizza.date}T10:00:00Z` },
      { currency: 'USD', category: null },
    ]) {
      expect((await send(alice, 'same', { ...pizza, ...other })).json()).toEqual(first.json());
    }
    expect((await send(alice, 'same', { ...pizza, currency: 'EUR' })).statusCode).toBe(422);
  });

  it('answers as before when the expense has been changed and deleted since', async () => {
    const first = await send(alice, 'gone');
    const { id } = first.json<ExpenseAnswer>();
    await alice('PATCH', `/expenses/${id}`, { payload: { value: 1 } });
    await alice('DELETE', `/expenses/${id}`);
    expect((await send(alice, 'gone')).json()).toEqual(first.json());
    expect((await alice('GET', `/expenses/${id}`)).statusCode).toBe(404);
  });

  it('is not used by a dry run, nor by a file that was refused', async () => {
    const caller = ledger.as('dry importer');
    const dryRun = {
      payload: fileOf(2),
      headers: { ...withKey('dry'), 'content-type': 'text/csv' },
    };
    expect((await caller('POST', '/expenses/import?dryRun=true', dryRun)).json()).toMatchObject({
      dryRun: true,
    });
    expect((await sendFile(caller, 'dry', fileOf(0))).statusCode).toBe(422);
    expect((await sendFile(caller, 'dry', fileOf(1))).json()).toEqual({ imported: 1, skipped: 0 });
    expect((await sendFile(caller, 'dry', fileOf(2))).statusCode).toBe(422);
  });

  it('of a file does its work once for requests that come at the same time', async () => {
    const twins = ['twin', 'twin'].map((sub) => ledger.as(sub));
    const file = 'date,description,value\n2026-01-02,x,1\n';
    const answers = await Promise.all(twins.map((twin) => sendFile(twin, 'twins', file)));
    // The one that finds the other under way is told to come again, or gets its answer.
    for (const { statusCode } of answers) expect([201, 429]).toContain(statusCode);
    expect((await twins[0]!('GET', '/')).json()).toHaveLength(1);
  });

  it('says of an answer whether it is one to an earlier request', async () => {
    expect((await send(alice, 'key-7')).headers['idempotency-replayed']).toBeUndefined();
    expect((await send(alice, 'key-7')).headers['idempotency-replayed']).toBe('true');
    const file = 'date,description,value\n2026-01-02,x,1\n';
    expect((await sendFile(alice, 'key-8', file)).headers['idempotency-replayed']).toBeUndefined();
    expect((await sendFile(alice, 'key-8', file)).headers['idempotency-replayed']).toBe('true');
  });

  it('that has expired takes any request, and answers for that one from then on', async () => {
    const first = await send(alice, 'key-9');
    await age('key-9');
    const second = await send(alice, 'key-9', { ...pizza, value: 1 });
    expect(second.statusCode).toBe(201);
    expect(second.headers['idempotency-replayed']).toBeUndefined();
    expect(second.json<ExpenseAnswer>().id).not.toBe(first.json<ExpenseAnswer>().id);
    expect((await send(alice, 'key-9', { ...pizza, value: 1 })).json()).toEqual(second.json());
    expect((await send(alice, 'key-9')).statusCode).toBe(422);
  });

  it('of a file that has expired imports the file again', async () => {
    const caller = ledger.as('importer');
    const file = 'date,description,value\n2026-01-02,x,1\n';
    await sendFile(caller, 'file', file);
    await age('file');
    expect((await sendFile(caller, 'file', file)).json()).toEqual({ imported: 1, skipped: 0 });
    expect((await caller('GET', '/')).json()).toHaveLength(2);
  });

  it('is deleted when it has expired, whosever it is, the oldest first and some with each request', async () => {
    await addKeys('gone', 2 * CLEARED_KEYS + 5, '9 days');
    const left = [];
    for (const key of ['a', 'b', 'c']) {
      await send(bob, key);
      left.push((await keysOf('gone')).length);
    }
    expect(left).toEqual([CLEARED_KEYS + 5, 5, 0]);
  });

  it('is kept for the whole week', async () => {
    const first = await send(alice, 'key-10');
    await ledger.select(
      sql`UPDATE idempotency_keys SET created_at = now() - interval '6 days 23 hours' WHERE key = 'key-10'`,
    );
    await send(bob, 'another');
    expect((await send(alice, 'key-10')).json()).toEqual(first.json());
  });

  it(`is one of the latest ${MAX_KEYS} of its owner`, async () => {
    await addKeys('collector', MAX_KEYS + 3, '1 minute');
    await send(ledger.as('collector'), 'new');
    const kept = new Set(await keysOf('collector'));
    expect(kept.size).toBe(MAX_KEYS);
    expect(kept.has('new')).toBe(true);
    expect(kept.has(`old ${MAX_KEYS - 1}`)).toBe(true);
    expect(kept.has(`old ${MAX_KEYS}`)).toBe(false);
  });
});
