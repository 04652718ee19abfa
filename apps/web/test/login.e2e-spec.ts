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
      scope: 'openid profile email offline_access read:reports read:all_reports',
      audience: 'https://expenses-api',
      state: expect.stringMatching(/^[\w.-]{100,300}$/),
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
    expect(visitor.cookieAttributes.get(lab.cookie)).toBe('Path=/; HttpOnly; SameSite=Lax');
    // The second one holds a random id of the browser, which ties forms to it.
    const cookies = [...visitor.cookies.keys()].filter((name) => name.startsWith('expenses'));
    expect(cookies.toSorted()).toEqual([lab.cookie, `${lab.cookie}-browser`]);
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
    const before = visitor.cookies.get(lab.cookie) ?? '';
    await logIn(visitor, lab, ALICE, '/login');
    expect(visitor.cookies.get(lab.cookie)).not.toBe(before);
    const old = new Visitor(lab.url);
    old.cookies.set(lab.cookie, before);
    expect((await old.request('/user')).headers.get('location')).toBe('/login?return_to=%2Fuser');
  });

  it('is not begun with a session id of somebody else’s choice', async () => {
    const visitor = new Visitor(lab.url);
    visitor.cookies.set(lab.cookie, 'chosen');
    await logIn(visitor, lab, ALICE, '/expenses');
    expect(visitor.cookies.get(lab.cookie)).not.toBe('chosen');
  });

  it('returns to this application only', async () => {
    const page = await logIn(new Visitor(lab.url), lab, ALICE, '/login?return_to=//example.com/');
    expect(page.url.href).toBe(`${lab.url}/`);
  });

  describe('is refused', () => {
    it('with a code that the issuer did not give', async () => {
      const visitor = new Visitor(lab.url);
      const begun = await visitor.request('/login');
      const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state');
      const issuer = encodeURIComponent(lab.issuer.issuer);
      const page = await visitor.open(`/callback?code=abc&state=${state}&iss=${issuer}`);
      expect([page.status, page.heading]).toEqual([400, 'The login was not completed']);
    });

    it('by an issuer that began it and is not ours', async () => {
      const page = await new Visitor(lab.url).open('/login?iss=https://other.example.com/');
      expect([page.status, page.heading]).toEqual([400, 'The login was not completed']);
    });
  });

  it('can be begun by the issuer, for a page of this application and for a person', async () => {
    const visitor = new Visitor(lab.url);
    const query = new URLSearchParams({
      iss: lab.issuer.issuer,
      target_link_uri: `${lab.url}/user`,
      login_hint: ALICE,
    });
    const login = await visitor.open(`/login?${query}`);
    expect(login.form('Log in').fields.get('user_name')).toBe(ALICE);
    expect((await logIn(visitor, lab, ALICE, login.url)).url.href).toBe(`${lab.url}/user`);
    const elsewhere = new URLSearchParams({
      iss: lab.issuer.issuer,
      target_link_uri: 'https://example.com/user',
    });
    expect((await logIn(visitor, lab, ALICE, `/login?${elsewhere}`)).url.href).toBe(`${lab.url}/`);
  });

  it('can be begun by a form of the issuer, too, which says no more than a link may', async () => {
    const { visitor } = await loggedIn(lab, ALICE);
    const body = new URLSearchParams({
      iss: lab.issuer.issuer,
      target_link_uri: `${lab.url}/user`,
      prompt: 'login',
    });
    const answer = await visitor.request('/login', { method: 'POST', body });
    const link = new URL(answer.headers.get('location') ?? '', lab.url);
    expect([answer.status, [...link.searchParams.keys()]]).toEqual([303, ['iss', 'target_link_uri']]);
    expect((await visitor.open(link)).url.href).toBe(`${lab.url}/user`);
    const stranger = new URLSearchParams({ iss: 'https://other.example.com/' });
    expect((await visitor.open('/login', { method: 'POST', body: stranger })).status).toBe(400);
    expect((await visitor.open('/login', { method: 'POST' })).heading).toBe('Hello, Alice Adams');
  });

  it('lets the user choose another account', async () => {
    const { visitor } = await loggedIn(lab, ALICE);
    const choice = await visitor.follow(await visitor.open('/user'), 'Use another account');
    expect([choice.heading, choice.text('main')]).toEqual([
      'Which account?',
      expect.stringContaining('You are logged in as Alice Adams'),
    ]);
    const same = await visitor.press(choice, 'Go on as Alice Adams');
    expect([same.url.href, same.heading]).toEqual([`${lab.url}/user`, 'Alice Adams']);
    const other = await visitor.follow(same, 'Use another account');
    expect((await visitor.press(other, 'Use another account')).heading).toBe('Log in');
  });

  it('leads from the page about the user to what they allowed', async () => {
    const { visitor } = await loggedIn(lab, ALICE);
    const page = await visitor.follow(await visitor.open('/user'), 'withdraw this at the login service');
    expect(page.heading).toBe('Authorized applications');
  });
});
