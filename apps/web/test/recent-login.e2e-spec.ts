import { jest } from '@jest/globals';
import { passTime } from './support/clock.js';
import { Lab } from './support/lab.js';
import { ALICE, logIn } from './support/people.js';
import { type Page, Visitor } from './support/visitor.js';

const MAX_AGE_SECONDS = 300;

/** The answer of an API that no login is recent enough for (RFC 9470, 3). */
const refusal = () =>
  Response.json(
    { status: 401, title: 'Unauthorized', code: 'insufficient_user_authentication' },
    {
      status: 401,
      headers: {
        'content-type': 'application/problem+json',
        'www-authenticate': `Bearer error="insufficient_user_authentication", max_age=${MAX_AGE_SECONDS}`,
      },
    },
  );

const erase = (visitor: Visitor, page: Page) => visitor.press(page, 'Erase everything', { sure: 'yes' });

describe('Erasing everything, where the API wants a login of just now,', () => {
  const original = globalThis.fetch;
  let lab: Lab;
  let attempts: number;
  /** Whether the API may answer itself. */
  let isSatisfiable: boolean;

  beforeAll(async () => {
    lab = await Lab.start();
    globalThis.fetch = async (input, init) => {
      const { pathname } = new URL(input instanceof Request ? input.url : input);
      if (pathname !== '/expenses' || init?.method !== 'DELETE') return original(input, init);
      attempts += 1;
      return isSatisfiable ? original(input, init) : refusal();
    };
  });
  beforeEach(() => {
    attempts = 0;
    isSatisfiable = true;
  });
  afterEach(() => {
    jest.useRealTimers();
  });
  afterAll(async () => {
    globalThis.fetch = original;
    await lab?.close();
  });

  /** Somebody whose login was ten minutes ago, at the question whether they mean it. */
  async function whoLoggedInAWhileAgo() {
    const visitor = new Visitor(lab.url);
    const page = await logIn(visitor, lab, ALICE, '/user/erase');
    const question = await logIn(visitor, lab, ALICE, page.link('Give permission'));
    passTime(10 * 60);
    return { visitor, question };
  }

  it('asks to confirm that it is you, by the password, and erases by the next press of the button', async () => {
    const { visitor, question } = await whoLoggedInAWhileAgo();
    const refused = await erase(visitor, question);
    expect([refused.status, refused.text('[role=alert]')]).toEqual([
      403,
      expect.stringContaining('Nothing was erased yet.'),
    ]);
    expect(attempts).toBe(1);
    const login = await visitor.follow(refused, 'Confirm that it is you');
    expect(login.heading).toBe('Log in');
    const password = { user_name: ALICE, password: lab.passwordOf(ALICE) };
    const back = await visitor.press(login, 'Log in', password);
    expect(back.url.pathname).toBe('/user/erase');
    const erased = await erase(visitor, back);
    expect(erased.text('[role=status]')).toBe('All your expenses were erased.');
  });

  it('says that it is a fault of the service when a login of just now does not help', async () => {
    isSatisfiable = false;
    const { visitor, question } = await whoLoggedInAWhileAgo();
    const login = await visitor.follow(await erase(visitor, question), 'Confirm that it is you');
    const password = { user_name: ALICE, password: lab.passwordOf(ALICE) };
    const page = await erase(visitor, await visitor.press(login, 'Log in', password));
    expect([page.status, page.heading]).toEqual([500, 'The expenses service does not accept your login']);
    expect(page.text('.trouble')).toContain('logging in again will not help');
    expect(attempts).toBe(2);
  });

  it('takes no answer of the issuer for a login of just now that was an older one', async () => {
    const { visitor, question } = await whoLoggedInAWhileAgo();
    const refused = await erase(visitor, question);
    const begun = await visitor.request(refused.link('Confirm that it is you'));
    // An issuer that does not know max_age answers with the login that there is.
    const ask = new URL(begun.headers.get('location') ?? '');
    expect(ask.searchParams.get('max_age')).toBe(String(MAX_AGE_SECONDS));
    ask.searchParams.delete('max_age');
    expect((await visitor.open(ask)).status).toBeGreaterThanOrEqual(500);
    expect((await erase(visitor, question)).status).toBe(403);
  });
});
