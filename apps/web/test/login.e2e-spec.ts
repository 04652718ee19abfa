import { Lab } from './support/lab.js';
import { ALICE, loggedIn, logIn } from './support/people.js';
import { Visitor } from './support/visitor.js';

describe('Login', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start();
  });
  afterAll(() => lab?.close());

  it('asks the issuer by code, PKCE, state, nonce, audience and for a refresh token', async () => {
    const answer = await new Visitor(lab.url).request('/login');
    expect(answer.status).toBe(302);
    const request = new URL(answer.headers.get('location') ?? '');
    expect(request.origin).toBe(new URL(lab.issuer.issuer).origin);
    expect(Object.fromEntries(request.searchParams)).toEqual({
      client_id: 'expenses-web',
      response_type: 'code',
      redirect_uri: `${lab.url}/callback`,
      scope: 'openid profile email offline_access read:reports',
      audience: 'https://expenses-api',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
  });

  it('leads to the page that was asked for, by the issuer’s login and consent', async () => {
    const visitor = new Visitor(lab.url);
    const login = await visitor.open('/user');
    expect(login.heading).toBe('Log in');
    const consent = await visitor.press(login, 'Log in', {
      user_name: ALICE,
      password: lab.passwordOf(ALICE),
    });
    expect(consent.text()).toContain('Read your expense reports');
    const page = await visitor.press(consent, 'Accept');
    expect(page.url.href).toBe(`${lab.url}/user`);
    expect(page.heading).toBe('Alice Adams');
    expect(page.texts('dt')).toEqual(expect.arrayContaining(['sub', 'name', 'email']));
    expect(page.texts('.permissions code')).toEqual(['read:reports']);
  });

  it('sets one session cookie that scripts and other sites cannot use, and leaves no login cookie', async () => {
    const { visitor } = await loggedIn(lab, ALICE);
    expect(visitor.cookieAttributes.get('expenses')).toBe('Path=/; HttpOnly; SameSite=Lax');
    expect([...visitor.cookies.keys()].filter((name) => name.startsWith('expenses'))).toEqual(['expenses']);
  });

  it('gives the browser no token, in no page, header, cookie or address', async () => {
    const { visitor } = await loggedIn(lab, ALICE);
    for (const path of ['/', '/user', '/expenses', '/expenses.csv', '/nowhere']) await visitor.open(path);
    const sent = [
      ...visitor.exchanges.map(({ url, answer }) => url + answer),
      ...visitor.cookies.values(),
    ].join('\n');
    expect(sent).toContain('Alice Adams');
    // A signed token is three parts of base64url; the sealed login cookies have five.
    expect(sent.match(/(?<![\w.-])eyJ[\w-]+\.[\w-]+\.[\w-]+(?![\w.-])/g)).toBeNull();
    expect(sent).not.toMatch(/access_token|refresh_token|id_token/);
  });

  it('gives every login a new session and ends the one before', async () => {
    const { visitor } = await loggedIn(lab, ALICE);
    const before = visitor.cookies.get('expenses') ?? '';
    await logIn(visitor, lab, ALICE, '/login');
    expect(visitor.cookies.get('expenses')).not.toBe(before);
    const old = new Visitor(lab.url);
    old.cookies.set('expenses', before);
    expect((await old.request('/user')).headers.get('location')).toBe('/login?return_to=%2Fuser');
  });

  it('is not begun with a session id of somebody else’s choice', async () => {
    const visitor = new Visitor(lab.url);
    visitor.cookies.set('expenses', 'chosen');
    await logIn(visitor, lab, ALICE, '/expenses');
    expect(visitor.cookies.get('expenses')).not.toBe('chosen');
  });

  it('returns to this application only', async () => {
    const page = await logIn(new Visitor(lab.url), lab, ALICE, '/login?return_to=//example.com/');
    expect(page.url.href).toBe(`${lab.url}/`);
  });

  describe('is refused', () => {
    it('in another browser than it was begun in', async () => {
      const visitor = new Visitor(lab.url);
      const begun = await visitor.request('/login');
      const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state');
      const page = await new Visitor(lab.url).open(`/callback?code=abc&state=${state}`);
      expect([page.status, page.heading]).toEqual([400, 'The login was not completed']);
      expect(page.link('Log in again').pathname).toBe('/login');
    });

    it('with a code that the issuer did not give', async () => {
      const visitor = new Visitor(lab.url);
      const begun = await visitor.request('/login');
      const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state');
      const issuer = encodeURIComponent(lab.issuer.issuer);
      const page = await visitor.open(`/callback?code=abc&state=${state}&iss=${issuer}`);
      expect([page.status, page.heading]).toEqual([400, 'The login was not completed']);
    });

    it('the second time that its answer is sent', async () => {
      const { visitor } = await loggedIn(lab, ALICE);
      const callback = visitor.exchanges.find(({ url }) => new URL(url).pathname === '/callback')?.url ?? '';
      const page = await visitor.open(callback);
      expect([page.status, page.heading]).toEqual([400, 'The login was not completed']);
    });

    it.each(['', '?state=', '?state=a&state=b', '?code=x', '?error=access_denied&state=x'])(
      'when it was never begun (/callback%s)',
      async (query) => {
        const page = await new Visitor(lab.url).open(`/callback${query}`);
        expect([page.status, page.heading]).toEqual([400, 'The login was not completed']);
      },
    );
  });
});
