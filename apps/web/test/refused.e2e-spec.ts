import { Lab } from './support/lab.js';
import { ALICE, BOB, loggedIn, logIn } from './support/people.js';
import { Visitor } from './support/visitor.js';

/** So short that the web application renews the token before every use. */
const ALWAYS_RENEWED_SECONDS = 5;
const NOBODY_LISTENS = 'http://localhost:9';

describe('When something is refused or away', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start({
      tokenLifetimeSeconds: ALWAYS_RENEWED_SECONDS,
      tenant: (tenant) => {
        for (const { email, permissions } of tenant.users)
          if (email === BOB) permissions['https://expenses-api'] = [];
        tenant.apis.push({
          identifier: 'https://other-api',
          name: 'Other',
          urls: [],
          signingAlgorithm: 'RS256',
          permissions: [],
          tokenLifetimeSeconds: 60,
        });
      },
    });
  });
  afterAll(() => lab?.close());

  async function revoke(visitor: Visitor): Promise<void> {
    const applications = await visitor.open(new URL('/applications', lab.issuer.issuer));
    await visitor.press(applications, 'Revoke');
  }

  it('a renewal that ends after the logout does not bring the session back', async () => {
    const { visitor, page } = await loggedIn(lab, ALICE);
    const session = visitor.cookies.get(lab.cookie) ?? '';
    const { fields } = page.form('Log out');
    await Promise.all([
      visitor.open('/expenses'),
      visitor.request('/logout', { method: 'POST', body: fields }),
    ]);
    const replayed = new Visitor(lab.url);
    replayed.cookies.set(lab.cookie, session);
    expect((await replayed.request('/expenses')).headers.get('location')).toBe(
      '/login?return_to=%2Fexpenses',
    );
  });

  it('a revoked permission leads back to the login, and consent is asked again', async () => {
    const { visitor } = await loggedIn(lab, ALICE);
    await revoke(visitor);
    const page = await visitor.open('/expenses?text=pizza');
    expect(page.heading).toBe('Allow access?');
    const back = await visitor.press(page, 'Accept');
    expect(back.url.href).toBe(`${lab.url}/expenses?text=pizza`);
  });

  it('a decline is explained by the permission, and can be thought over', async () => {
    const { visitor: before } = await loggedIn(lab, ALICE);
    await revoke(before);
    const visitor = new Visitor(lab.url);
    const login = await visitor.open('/expenses');
    const consent = await visitor.press(login, 'Log in', {
      user_name: ALICE,
      password: lab.passwordOf(ALICE),
    });
    const declined = await visitor.press(consent, 'Decline');
    expect([declined.status, declined.heading]).toEqual([403, 'You declined']);
    expect(declined.texts('.permissions code')).toEqual(['read:reports']);
    const again = await visitor.follow(declined, 'Ask me again');
    expect(again.heading).toBe('Allow access?');
    expect((await visitor.press(again, 'Accept')).url.pathname).toBe('/expenses');
  });

  it('a missing permission (403) is named, and asked for with prompt=consent', async () => {
    const { visitor, page: notGranted } = await loggedIn(lab, BOB);
    expect(notGranted.heading).toBe('Not granted to you');
    const page = await visitor.follow(notGranted, 'Go on without');
    expect([page.status, page.heading]).toEqual([403, 'A permission is missing']);
    expect(page.texts('.permissions code')).toEqual(['read:reports']);
    const asked = await visitor.request(page.link('Ask me again'));
    const { searchParams } = new URL(asked.headers.get('location') ?? '');
    expect(searchParams.get('prompt')).toBe('consent');
    expect(searchParams.get('scope')?.split(' ')).toContain('read:reports');
    const home = await visitor.open('/');
    expect([home.status, home.heading]).toEqual([200, 'Hello, Bob Brown']);
    expect(home.text('.trouble')).toContain('read:reports');
  });

  it('new signing keys of the issuer go unnoticed', async () => {
    const { visitor } = await loggedIn(lab, ALICE);
    await lab.issuer.rotateKeys();
    expect((await visitor.open('/expenses')).heading).toBe('Your expenses');
    expect((await loggedIn(lab, ALICE)).page.heading).toBe('Your expenses');
  });

  it('a new login that the API does not accept (401) is a fault of the service, without a login that repeats it', async () => {
    const other = await lab.startOtherWeb({ API_AUDIENCE: 'https://other-api' });
    try {
      const visitor = new Visitor(other.url);
      const page = await logIn(visitor, lab, ALICE, '/login?return_to=/expenses');
      const shown =
        page.heading === 'Not granted to you' ? await visitor.follow(page, 'Go on without') : page;
      expect([shown.status, shown.heading]).toEqual([500, 'The expenses service does not accept your login']);
      expect(shown.text('.trouble')).toContain('please tell its administrator');
      expect(shown.body).not.toContain('href="/login');
      expect(shown.text('.fine code')).toMatch(/^[\w-]{8,}$/);
    } finally {
      await other.close();
    }
  });

  it('an API that is away has a page, and a home page without totals', async () => {
    const other = await lab.startOtherWeb({ API_URL: NOBODY_LISTENS });
    try {
      const visitor = new Visitor(other.url);
      const page = await logIn(visitor, lab, ALICE, '/expenses?text=pizza');
      expect([page.status, page.heading]).toEqual([503, 'The expenses service cannot be reached']);
      expect(page.headers.get('retry-after')).toBe('30');
      expect(page.link('Try again').href).toBe(`${other.url}/expenses?text=pizza`);
      const home = await visitor.open('/');
      expect([home.status, home.heading]).toEqual([200, 'Hello, Alice Adams']);
      expect((await visitor.open('/expenses.csv')).status).toBe(503);
    } finally {
      await other.close();
    }
  });

  it('an issuer that is away at the login has a page, and the rest goes on', async () => {
    const other = await lab.startOtherWeb({ ISSUER_BASE_URL: NOBODY_LISTENS });
    try {
      const page = await new Visitor(other.url).open('/login');
      expect([page.status, page.heading]).toEqual([503, 'The login service cannot be reached']);
      expect((await new Visitor(other.url).open('/')).status).toBe(200);
    } finally {
      await other.close();
    }
  });

  it.each(['/nowhere', '/expenses/nowhere', '/assets/nowhere.css'])(
    'the address %s has a page',
    async (path) => {
      const page = await new Visitor(lab.url).open(path);
      expect([page.status, page.heading]).toEqual([404, 'Page not found']);
      expect(page.link('Go to the home page').pathname).toBe('/');
    },
  );

  it('an address that is none is a clear error', async () => {
    expect((await new Visitor(lab.url).request('/%E0%A4%A')).status).toBe(400);
  });

  it.each([
    ['application/json', '{"broken'],
    ['text/plain', 'plain'],
    ['application/x-www-form-urlencoded', `a=${'x'.repeat(100_000)}`],
  ])('a body of type %s that is no form of ours is a clear error', async (type, body) => {
    const { visitor } = await loggedIn(lab, ALICE);
    const page = await visitor.open('/expenses', { method: 'POST', body, headers: { 'content-type': type } });
    expect(page.status).toBeGreaterThanOrEqual(400);
    expect(page.status).toBeLessThan(500);
    expect(page.heading).not.toBe('');
  });

  it('an issuer that is away when a token expires has a page, and ends no session', async () => {
    const { visitor } = await loggedIn(lab, ALICE);
    await lab.stopIssuer();
    const page = await visitor.open('/expenses');
    expect([page.status, page.heading]).toEqual([503, 'The login service cannot be reached']);
    expect(page.link('Try again').pathname).toBe('/expenses');
    const user = await visitor.open('/user');
    expect(user.heading).toBe('Alice Adams');
    // Logging out here needs no issuer.
    const { action, fields } = user.form('Log out');
    const left = await visitor.open(action, { method: 'POST', body: fields });
    expect([left.status, left.heading]).toEqual([503, 'You are logged out here']);
    expect(left.text()).toContain('your session there is not over yet');
    expect((await visitor.request('/user')).status).toBe(303);
    const again = await visitor.follow(left, 'Try again now');
    expect([again.status, again.heading]).toEqual([503, 'You are logged out here']);
    expect(again.headers.get('refresh')).toMatch(/^10; url=\/logout\/issuer\?rest=/);
  });
});

describe('When the API cannot have the issuer’s keys', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start({ api: { JWKS_URI: `${NOBODY_LISTENS}/jwks.json` } });
  });
  afterAll(() => lab?.close());

  it('its 503 is shown with the time to wait and the request’s name', async () => {
    const { page } = await loggedIn(lab, ALICE);
    expect([page.status, page.heading]).toEqual([503, 'The expenses service is not available']);
    const seconds = page.headers.get('retry-after');
    expect(page.text('.trouble')).toMatch(new RegExp(`again in ${seconds} seconds?\\.`));
    expect(page.text('.fine code')).toMatch(/^[\w-]{8,}$/);
  });
});
