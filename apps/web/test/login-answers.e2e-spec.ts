import { jest } from '@jest/globals';
import { Lab } from './support/lab.js';
import { ALICE, BOB, loggedIn, logIn } from './support/people.js';
import { type Page, Visitor } from './support/visitor.js';
import { passTime } from './support/clock.js';

/** The address of the issuer's answer to a login that this visitor went through. */
function callbackOf(visitor: Visitor): URL {
  const url = visitor.exchanges.map((exchange) => new URL(exchange.url)).findLast(isCallback);
  if (!url) throw new Error('There was no callback');
  return url;
}

const isCallback = ({ pathname }: URL) => pathname === '/callback';

describe('The answer to a login', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start();
  });
  afterEach(() => jest.useRealTimers());
  afterAll(() => lab?.close());

  /** What the issuer would be asked, and the cookie that proves whose login it is. */
  async function begun(path = '/login?return_to=/user'): Promise<{ visitor: Visitor; authorize: URL }> {
    const visitor = new Visitor(lab.url);
    const answer = await visitor.request(path);
    return { visitor, authorize: new URL(answer.headers.get('location') ?? '') };
  }

  /** Logs in at the issuer and stops before the callback is opened. */
  async function answered(visitor: Visitor, authorize: URL): Promise<URL> {
    const login = await visitor.open(authorize);
    const { action, fields } = login.form('Log in');
    fields.set('user_name', ALICE);
    fields.set('password', lab.passwordOf(ALICE));
    let page: Page = await visitor.request(action, { method: 'POST', body: fields });
    for (let hop = 0; hop < 10; hop += 1) {
      const location = page.headers.get('location');
      const next = location === null ? undefined : new URL(location, page.url);
      if (next && isCallback(next)) return next;
      if (next) page = await visitor.request(next);
      else {
        const consent = page.form('Accept');
        page = await visitor.request(consent.action, { method: 'POST', body: consent.fields });
      }
    }
    throw new Error('The login did not end');
  }

  it('leads on to its page when it is opened a second time', async () => {
    const { visitor } = await loggedIn(lab, ALICE);
    const page = await visitor.open(callbackOf(visitor));
    expect([page.status, page.url.href]).toEqual([200, `${lab.url}/expenses`]);
  });

  it('that comes after its time begins the login once more, and arrives at the page that was asked for', async () => {
    const { visitor, authorize } = await begun();
    const callback = await answered(visitor, authorize);
    passTime(16 * 60);
    const page = await visitor.open(callback);
    expect([page.heading, page.url.href]).toEqual(['Alice Adams', `${lab.url}/user`]);
  });

  it('to a bookmarked page of the issuer begins the login once more, and arrives', async () => {
    const { authorize } = await begun();
    passTime(60 * 24 * 3600);
    const visitor = new Visitor(lab.url);
    const page = await logIn(visitor, lab, ALICE, authorize);
    expect([page.heading, page.url.href]).toEqual(['Alice Adams', `${lab.url}/user`]);
  });

  it.each([
    '',
    '?state=',
    '?state=a&state=b',
    '?code=x',
    '?error=access_denied&state=x',
    '?state=eyJ.a.b.c.d',
  ])('that belongs to no login (/callback%s) begins one', async (query) => {
    const page = await new Visitor(lab.url).open(`/callback${query}`);
    expect([page.status, page.heading]).toEqual([200, 'Log in']);
  });

  it('of another person’s login, planted in a browser, logs nobody in', async () => {
    const attacker = await begun();
    const callback = await answered(attacker.visitor, attacker.authorize);
    const victim = new Visitor(lab.url);
    const page = await victim.open(callback);
    expect(page.heading).toBe('Log in');
    expect((await victim.request('/user')).status).toBe(303);
  });

  it('of another person’s login changes nothing for somebody who is logged in', async () => {
    const attacker = await begun();
    const callback = await answered(attacker.visitor, attacker.authorize);
    const { visitor } = await loggedIn(lab, BOB);
    const page = await visitor.open(callback);
    expect(page.heading).toBe('Bob Brown');
  });

  it('says that the browser keeps no cookies, after one more attempt', async () => {
    const { visitor, authorize } = await begun();
    const callback = await answered(visitor, authorize);
    const forgetful = new Visitor(lab.url);
    const again = await forgetful.request(callback);
    expect(again.status).toBe(302);
    const second = new URL(again.headers.get('location') ?? '').searchParams.get('state') ?? '';
    forgetful.cookies.clear();
    const page = await forgetful.open(`/callback?code=x&state=${second}`);
    expect([page.status, page.heading]).toEqual([400, 'Your browser keeps no cookies']);
    expect(page.link('Log in again').href).toBe(`${lab.url}/login?return_to=%2Fuser`);
  });

  it('says so, too, when the browser does not keep the session', async () => {
    const page = await new Visitor(lab.url).open('/login/done?return_to=/user');
    expect([page.status, page.heading]).toEqual([400, 'Your browser keeps no cookies']);
  });

  it('is not used up by HEAD', async () => {
    const { visitor, authorize } = await begun();
    const callback = await answered(visitor, authorize);
    const head = await visitor.request(callback, { method: 'HEAD' });
    expect([head.status, [...visitor.cookies.keys()].includes(lab.cookie)]).toEqual([204, false]);
    expect((await visitor.open(callback)).heading).toBe('Alice Adams');
  });

  it('is found among forty logins that were begun in other tabs', async () => {
    const visitor = new Visitor(lab.url);
    for (let tab = 0; tab < 40; tab += 1) {
      await visitor.request(`/login?return_to=/expenses?text=${'x'.repeat(900)}${tab}`);
    }
    const own = [...visitor.cookies.keys()].filter((name) => name.startsWith(`${lab.cookie}-login`));
    expect(own).toHaveLength(5);
    expect((await logIn(visitor, lab, ALICE, '/user')).heading).toBe('Alice Adams');
  });
});

describe('A session cookie', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start();
  });
  afterAll(() => lab?.close());

  it('is found behind others of its name', async () => {
    const { visitor } = await loggedIn(lab, ALICE);
    const own = visitor.cookies.get(lab.cookie) ?? '';
    const foreign = 'A'.repeat(43);
    for (const cookie of [`${lab.cookie}=nonsense`, `${lab.cookie}=${foreign}`]) {
      const page = await fetch(`${lab.url}/user`, { headers: { cookie: `${cookie}; ${lab.cookie}=${own}` } });
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Alice Adams')]);
    }
  });

  it('of another application on another port is another cookie', async () => {
    const other = await lab.startOtherWeb({});
    try {
      const { visitor } = await loggedIn(lab, ALICE);
      const page = await logIn(visitor, lab, ALICE, `${other.url}/user`);
      expect(page.heading).toBe('Alice Adams');
      expect((await visitor.request('/user')).status).toBe(200);
      const left = await visitor.press(page, 'Log out');
      expect(left.url.origin).toBe(other.url);
      expect((await visitor.request('/user')).status).toBe(200);
    } finally {
      await other.close();
    }
  });

  it('of a session that has ended makes the browser forget its pages', async () => {
    const visitor = new Visitor(lab.url);
    visitor.cookies.set(lab.cookie, 'B'.repeat(43));
    expect((await visitor.request('/expenses')).headers.get('clear-site-data')).toBe('"cache"');
  });
});

describe('Another name of this machine', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start();
  });
  afterAll(() => lab?.close());

  it.each(['/', '/expenses?text=a%20b', '/login'])(
    'leads from %s to the application’s own address',
    async (path) => {
      const { port } = new URL(lab.url);
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual' });
      expect([answer.status, answer.headers.get('location')]).toEqual([302, `${lab.url}${path}`]);
    },
  );
});
