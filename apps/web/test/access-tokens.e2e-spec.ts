import { jest } from '@jest/globals';
import { passTime } from './support/clock.js';
import { Lab } from './support/lab.js';
import { ALICE, loggedIn } from './support/people.js';

const TOKEN_LIFETIME_SECONDS = 3600;

/** The grants that the token endpoint makes to this process while something is done; a nonce may have been asked for before. */
async function grantsMadeDuring(action: () => Promise<unknown>): Promise<(string | null)[]> {
  const original = globalThis.fetch;
  const grants: (string | null)[] = [];
  globalThis.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const response = await original(input, init);
    if (url.pathname === '/oauth/token' && response.ok)
      grants.push(new URLSearchParams(init?.body as URLSearchParams).get('grant_type'));
    return response;
  };
  await action().finally(() => (globalThis.fetch = original));
  return grants;
}

describe('Access tokens', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start({ tokenLifetimeSeconds: TOKEN_LIFETIME_SECONDS });
  });
  afterEach(() => jest.useRealTimers());
  afterAll(() => lab?.close());

  it('are used until they expire', async () => {
    const { visitor } = await loggedIn(lab, ALICE);
    const grants = await grantsMadeDuring(async () => {
      for (const path of ['/', '/expenses', '/expenses.csv'])
        expect((await visitor.open(path)).status).toBe(200);
    });
    expect(grants).toEqual([]);
  });

  it('are renewed once when they expire, for all requests that meet that at the same time', async () => {
    const { visitor } = await loggedIn(lab, ALICE);
    passTime(TOKEN_LIFETIME_SECONDS);
    const grants = await grantsMadeDuring(async () => {
      const paths = ['/expenses', '/expenses', '/', '/expenses.csv'];
      const pages = await Promise.all(paths.map((path) => visitor.open(path)));
      expect(pages.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    });
    expect(grants).toEqual(['refresh_token']);
  });

  it('are renewed again and again, with each rotated refresh token', async () => {
    const { visitor } = await loggedIn(lab, ALICE);
    for (let hour = 0; hour < 3; hour += 1) {
      passTime(TOKEN_LIFETIME_SECONDS);
      expect((await visitor.open('/expenses')).heading).toBe('Your expenses');
    }
  });

  it('are no more when the session ends after a day, however busy it is', async () => {
    const { visitor } = await loggedIn(lab, ALICE);
    passTime(24 * 3600);
    expect((await visitor.request('/expenses')).headers.get('location')).toBe('/login?return_to=%2Fexpenses');
  });
});
