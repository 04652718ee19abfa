import { openDatabase } from './database.js';
import { SigningKeys } from './signing-keys.js';

const HOUR = 60 * 60 * 1000;

describe('Signing keys', () => {
  const database = openDatabase();
  let now = 0;
  const keys = new SigningKeys(database, () => now);
  afterAll(() => database.close());

  it('are made once', async () => {
    await keys.ensure();
    const [first] = keys.current();
    await keys.ensure();
    expect(keys.current()).toEqual([first]);
    expect(first).toMatchObject({ kty: 'RSA', alg: 'RS256', use: 'sig', d: expect.any(String) });
  });

  it('come newest first after a rotation, and the old one leaves after the overlap', async () => {
    const [first] = keys.current();
    const second = await keys.rotate();
    now += 24 * HOUR;
    const third = await keys.rotate();
    expect(keys.current().map((key) => key.kid)).toEqual([third, second, first?.kid]);
    now += 2 * HOUR;
    expect(keys.current().map((key) => key.kid)).toEqual([third, second]);
    now += 24 * HOUR;
    expect(keys.current().map((key) => key.kid)).toEqual([third]);
  });
});
