import { Lab, type OtherWeb } from './support/lab.js';
import { ALICE, logIn } from './support/people.js';
import { type Page, Visitor } from './support/visitor.js';

/** So short that the web application renews the token before every use. */
const ALWAYS_RENEWED_SECONDS = 5;

type Fault = (url: URL, grant: string | null) => Response | Promise<Response> | undefined;

const oauthError = (error: string, status = 400, headers = {}) =>
  Response.json({ error, error_description: 'Ask alice@example.com,\nor not' }, { status, headers });

const atToken =
  (reply: () => Response | Promise<Response>): Fault =>
  (url) =>
    url.pathname === '/oauth/token' ? reply() : undefined;

describe('When the issuer’s endpoints misbehave', () => {
  const original = globalThis.fetch;
  let lab: Lab;
  let web: OtherWeb;
  let fault: Fault | undefined;
  const lines: string[] = [];
  /** Keeps what the application says itself; the lines about requests have no context. */
  const write = (line: string) => {
    const { level, context, msg } = JSON.parse(line) as Record<string, unknown>;
    if (context !== undefined && level !== 'info' && level !== 'debug') lines.push(String(msg));
  };

  beforeAll(async () => {
    lab = await Lab.start({ tokenLifetimeSeconds: ALWAYS_RENEWED_SECONDS });
    web = await lab.startOtherWeb({}, { logTo: { write } });
    globalThis.fetch = async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      const grant = new URLSearchParams(init?.body as URLSearchParams).get('grant_type');
      return (await fault?.(url, grant)) ?? original(input, init);
    };
  });
  afterEach(() => {
    fault = undefined;
    lines.length = 0;
  });
  afterAll(async () => {
    globalThis.fetch = original;
    await web?.close();
    await lab?.close();
  });

  /** The one line of the log, whose reference the page shows. */
  function expectOneWarning(page: Page, text: string): void {
    expect(lines).toEqual([expect.stringContaining(text)]);
    const reference = /reference (\w{12})/.exec(lines[0] ?? '')?.[1] ?? 'none';
    expect(page.text('.trouble')).toContain(reference);
    expect(lines[0]).not.toMatch(/alice@|\n/);
  }

  it.each([
    ['invalid_client', 401, {}],
    ['invalid_client', 401, { 'www-authenticate': 'Basic realm="issuer"' }],
    ['unauthorized_client', 400, {}],
    ['invalid_scope', 400, {}],
    ['invalid_target', 400, {}],
  ])('%s (%i, %p) at a login is a fault of the service, logged once', async (code, status, headers) => {
    fault = atToken(() => oauthError(code, status, headers));
    const page = await logIn(new Visitor(web.url), lab, ALICE, `${web.url}/login`);
    expect([page.status, page.heading]).toEqual([500, 'The login does not work']);
    expect(page.text('.trouble')).toContain('please tell its administrator');
    expectOneWarning(page, `Login, answer and token endpoint: ${code} “Ask (address), or not”`);
  });

  it.each<[string, () => Response | Promise<Response>]>([
    ['503', () => new Response('', { status: 503 })],
    ['429', () => new Response('', { status: 429 })],
    ['a page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['half of its JSON', () => new Response('{"acc', { headers: { 'content-type': 'application/json' } })],
    ['an empty object', () => Response.json({})],
    ['a redirect', () => new Response('', { status: 302, headers: { location: '/' } })],
    ['nothing', () => Promise.reject(new TypeError('fetch failed'))],
  ])('%s for a login is an outage, logged once', async (_name, reply) => {
    fault = atToken(reply);
    const page = await logIn(new Visitor(web.url), lab, ALICE, `${web.url}/login`);
    expect([page.status, page.heading]).toEqual([503, 'The login service cannot be reached']);
    expectOneWarning(page, 'Login, answer and token endpoint: ');
    fault = undefined;
    // Its answer is used up, so trying again begins another login.
    expect((await new Visitor(web.url).follow(page, 'Try again')).heading).toBe('Log in');
  });

  it.each<[string, number, () => Response]>([
    ['invalid_client', 500, () => oauthError('invalid_client', 401)],
    ['invalid_scope', 500, () => oauthError('invalid_scope')],
    ['a page', 503, () => new Response('<html>')],
    ['503', 503, () => new Response('', { status: 503 })],
  ])('%s at a renewal is %i, logged once, and ends no session', async (_code, status, reply) => {
    const visitor = new Visitor(web.url);
    await logIn(visitor, lab, ALICE, `${web.url}/expenses`);
    lines.length = 0;
    fault = atToken(reply);
    const page = await visitor.open('/expenses.csv');
    expect(page.status).toBe(status);
    expect(page.headers.get('content-disposition')).toBeNull();
    expectOneWarning(page, 'Renewal, token endpoint: ');
    fault = undefined;
    expect((await visitor.open('/expenses')).heading).toBe('Your expenses');
  });

  it('invalid_grant at each renewal goes once round, and then is a page', async () => {
    const visitor = new Visitor(web.url);
    await logIn(visitor, lab, ALICE, `${web.url}/user`);
    let renewals = 0;
    fault = (_url, grant) => {
      if (grant !== 'refresh_token') return undefined;
      renewals += 1;
      return oauthError('invalid_grant');
    };
    const page = await visitor.open('/expenses');
    expect([page.status, page.heading]).toEqual([500, 'You are logged in, but not for long enough']);
    expect(renewals).toBe(2);
  });

  /** Sends the issuer's answer to a login that was begun, with this query. */
  async function answer(query: Record<string, string>): Promise<Page> {
    const visitor = new Visitor(web.url);
    const begun = await visitor.request('/login?return_to=/user');
    const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state') ?? '';
    const iss = lab.issuer.issuer;
    return visitor.open(`/callback?${new URLSearchParams({ state, iss, ...query })}`);
  }

  it('a denial by the issuer is quoted, cleaned and shortened', async () => {
    const description = `user is blocked\u202E\n<script>${'x'.repeat(500)}`;
    const page = await answer({ error: 'access_denied', error_description: description });
    expect([page.status, page.heading]).toEqual([403, 'The login service did not let you in']);
    expect(page.text('blockquote')).toMatch(/^user is blocked <script>x{100,}…$/);
    expect(page.text('blockquote').length).toBeLessThanOrEqual(201);
    expect(page.body).not.toContain('<script');
    expect(page.link('Use another account').searchParams.get('prompt')).toBe('select_account');
  });

  it.each(['', 'User did not authorize the request'])('a denial by the user (“%s”) is one', async (text) => {
    const page = await answer({ error: 'access_denied', ...(text && { error_description: text }) });
    expect([page.status, page.heading]).toEqual([403, 'You declined']);
  });

  it.each([
    ['invalid_scope', 500],
    ['unauthorized_client', 500],
    ['server_error', 503],
    ['temporarily_unavailable', 503],
    ['login_required', 400],
  ])('the error %s of an answer is %i', async (error, status) => {
    const page = await answer({ error });
    expect(page.status).toBe(status);
    expectOneWarning(page, error);
  });

  it('an error code outside of its alphabet is not repeated', async () => {
    const page = await answer({ error: `x"\\<b>${'y'.repeat(10_000)}` });
    expect(page.status).toBe(500);
    expect(page.body).not.toContain('yyyy');
    expect(lines.join('')).not.toContain('yyyy');
  });
});
