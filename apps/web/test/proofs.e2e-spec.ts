import { jest } from '@jest/globals';
import { decodeJwt } from 'jose';
import { Relay } from '../../../test/support/relay.js';
import { Sessions } from '../src/sessions/sessions.js';
import type { Session } from '../src/sessions/session.js';
import { passTime } from './support/clock.js';
import { Lab, type LabOptions, type OtherWeb } from './support/lab.js';
import { ALICE, logIn } from './support/people.js';
import { Visitor } from './support/visitor.js';

const TOKEN_LIFETIME_SECONDS = 3600;
/** Longer than any nonce of the issuer or the API is good. */
const NONCES_END_SECONDS = 1200;

/** A request that the web application sent, and how it was answered. */
interface Sent {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly status: number;
}

/** How the token of a request was sent: `DPoP` or `Bearer`. */
const schemeOf = ({ headers }: Sent) => headers.get('authorization')?.split(' ')[0];
const tokenOf = ({ headers }: Sent) => headers.get('authorization')?.split(' ')[1] ?? '';
const keyOf = (sent: Sent) => decodeJwt<{ cnf?: { jkt?: string } }>(tokenOf(sent)).cnf?.jkt;

describe('The tokens of the web application', () => {
  const original = globalThis.fetch;
  const sent: Sent[] = [];
  let lab: Lab;
  let relay: Relay | undefined;
  let other: OtherWeb | undefined;
  /** Changes what an endpoint of the issuer answers, or is asked. */
  let atIssuer: ((url: URL, init: RequestInit) => Promise<Response> | undefined) | undefined;

  beforeAll(() => {
    globalThis.fetch = async (input, init = {}) => {
      const url = new URL(input instanceof Request ? input.url : input);
      const response = await (atIssuer?.(url, init) ?? original(input, init));
      const { method = 'GET' } = init;
      sent.push({ url, method, headers: new Headers(init.headers), status: response.status });
      return response;
    };
  });
  beforeEach(() => {
    sent.length = 0;
  });
  afterEach(async () => {
    jest.useRealTimers();
    atIssuer = undefined;
    await other?.close();
    await relay?.close();
    await lab?.close();
    [other, relay] = [undefined, undefined];
  });
  afterAll(() => {
    globalThis.fetch = original;
  });

  /** Starts the three programs, and logs Alice in so that she may write. */
  async function whoIsLoggedIn(
    options: LabOptions = {},
    of: (started: Lab) => Promise<OtherWeb | Lab> = async (started) => started,
  ) {
    lab = await Lab.start({ tokenLifetimeSeconds: TOKEN_LIFETIME_SECONDS, ...options });
    const { url } = await of(lab);
    const visitor = new Visitor(url);
    const page = await logIn(visitor, lab, ALICE, '/expenses');
    return { visitor, page: await logIn(visitor, lab, ALICE, page.link('Give permission')) };
  }

  const toApi = () => sent.filter(({ url }) => url.origin === new URL(lab.apiUrl).origin);
  const toTokens = () => sent.filter(({ url }) => url.pathname === '/oauth/token');
  const atApi = (headers: Record<string, string>) => original(`${lab.apiUrl}/`, { headers });

  /** Changes the session of a browser on the server. */
  async function changeSession(visitor: Visitor, change: (session: Session) => Promise<Partial<Session>>) {
    const sessions = lab.web.get(Sessions, { strict: false });
    const id = visitor.cookies.get(lab.cookie) ?? '';
    const session = await sessions.read(id);
    if (!session) throw new Error('There is no session');
    await sessions.replace(id, { ...session, ...(await change(session)) });
  }

  /** What the application got for its refresh token before it knew of keys. */
  async function withoutKey({ refreshToken = '' }: Session): Promise<Partial<Session>> {
    const application = lab.tenant.applications.find(({ clientId }) => clientId === 'expenses-web');
    const answer = await original(new URL('/oauth/token', lab.issuer.issuer), {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
        client_id: 'expenses-web',
        client_secret: application?.clientSecret ?? '',
      }),
    });
    const tokens = (await answer.json()) as Record<string, string>;
    expect(tokens).toMatchObject({ token_type: 'Bearer' });
    return {
      accessToken: tokens['access_token'],
      refreshToken: tokens['refresh_token'],
      proofKey: undefined,
    };
  }

  it('are bound to a key of the session: whoever steals one, with its proof or without, gets nothing', async () => {
    await whoIsLoggedIn();
    const [first] = toApi();
    expect(toApi().map(schemeOf)).toEqual(toApi().map(() => 'DPoP'));
    const token = tokenOf(first!);
    const proof = first!.headers.get('dpop') ?? '';
    expect((await atApi({ authorization: `Bearer ${token}` })).status).toBe(401);
    expect((await atApi({ authorization: `DPoP ${token}` })).status).toBe(401);
    expect((await atApi({ authorization: `DPoP ${token}`, dpop: proof })).status).toBe(401);
    expect(first?.status).toBe(200);
  });

  it('of every login have another key, which stays when they are renewed', async () => {
    const { visitor } = await whoIsLoggedIn();
    const before = toApi().map(keyOf);
    passTime(TOKEN_LIFETIME_SECONDS);
    sent.length = 0;
    expect((await visitor.open('/expenses')).status).toBe(200);
    expect(toTokens().at(-1)?.status).toBe(200);
    expect(new Set(toApi().map(keyOf))).toEqual(new Set([before.at(-1)]));
    sent.length = 0;
    await logIn(new Visitor(lab.url), lab, ALICE, '/expenses');
    expect(before).not.toContain(keyOf(toApi()[0]!));
    expect(keyOf(toApi()[0]!)).toMatch(/^[\w-]{43}$/);
  });

  it('are proven with the nonces that issuer and API ask for, also when a file is sent after those have ended', async () => {
    const { visitor, page } = await whoIsLoggedIn({
      requireDpopNonce: true,
      api: { DPOP: 'required', DPOP_NONCE: 'required' },
    });
    expect(toTokens().map(({ status }) => status)).toEqual([400, 200, 400, 200]);
    expect(toApi().map(({ status }) => status)).toContain(401);
    sent.length = 0;
    await visitor.open('/expenses');
    // What was asked for once is remembered.
    expect(toApi().map(({ status }) => status)).not.toContain(401);
    const typed = { date: '2021-12-01', description: 'By proof', value: '10', currency: 'EUR' };
    expect((await visitor.press(page, 'Add', typed)).text('[role=status]')).toBe('The expense was added.');
    const body = new FormData();
    body.set('csrf', page.form('Log out').fields.get('csrf') ?? '');
    body.set(
      'file',
      new Blob(['date,description,value,currency\n2021-12-02,In a file,5,EUR\n']),
      'expenses.csv',
    );
    const preview = await visitor.open('/expenses/import', { method: 'POST', body });
    passTime(NONCES_END_SECONDS);
    sent.length = 0;
    const imported = await visitor.press(preview, 'Import 1 expense');
    expect(imported.text('[role=status]')).toBe('1 expense imported.');
    expect(toApi().find(({ url }) => url.pathname === '/expenses/import')?.status).toBe(401);
    passTime(TOKEN_LIFETIME_SECONDS);
    expect((await visitor.open('/expenses')).status).toBe(200);
    expect((await visitor.press(await visitor.open('/user'), 'Log out')).heading).not.toBe('');
  });

  it('of a session that began before there were keys are good as they are, and bound when they are renewed', async () => {
    const { visitor } = await whoIsLoggedIn();
    await changeSession(visitor, withoutKey);
    sent.length = 0;
    expect((await visitor.open('/expenses')).status).toBe(200);
    expect(new Set(toApi().map(schemeOf))).toEqual(new Set(['Bearer']));
    passTime(TOKEN_LIFETIME_SECONDS);
    sent.length = 0;
    expect((await visitor.open('/expenses')).status).toBe(200);
    expect(new Set(toApi().map(schemeOf))).toEqual(new Set(['DPoP']));
  });

  it('of a session that began before there were keys are renewed at once when the API wants them bound', async () => {
    const { visitor } = await whoIsLoggedIn({ api: { DPOP: 'required' } });
    await changeSession(visitor, withoutKey);
    sent.length = 0;
    expect((await visitor.open('/expenses')).heading).toBe('Your expenses');
    expect(toTokens()).toHaveLength(1);
    expect(
      toApi()
        .filter(({ status }) => status === 200)
        .map(schemeOf),
    ).not.toContain('Bearer');
  });

  it.each<[string, NonNullable<typeof atIssuer>]>([
    [
      'does not know of keys',
      (url, init) =>
        url.pathname === '/.well-known/openid-configuration'
          ? original(url, init).then(async (response) => {
              const metadata = (await response.json()) as Record<string, unknown>;
              delete metadata['dpop_signing_alg_values_supported'];
              return Response.json(metadata);
            })
          : undefined,
    ],
    [
      'overlooks proofs',
      (url, init) => {
        if (url.pathname !== '/oauth/token') return undefined;
        const headers = new Headers(init.headers);
        headers.delete('dpop');
        return original(url, { ...init, headers });
      },
    ],
  ])('are bearer tokens where the issuer %s', async (_title, change) => {
    atIssuer = change;
    const { page } = await whoIsLoggedIn();
    expect(page.heading).toBe('Your expenses');
    expect(new Set(toApi().map(schemeOf))).toEqual(new Set(['Bearer']));
  });

  it('are proven for the API’s own address, where it is reached by another one', async () => {
    const { page } = await whoIsLoggedIn({}, async ({ apiUrl }) => {
      relay = new Relay({ host: 'localhost', port: Number(new URL(apiUrl).port) });
      const inside = `http://127.0.0.1:${await relay.open()}`;
      other = await lab.startOtherWeb({ API_URL: inside, API_RESOURCE: apiUrl });
      return other;
    });
    expect(page.heading).toBe('Your expenses');
    expect(toApi()).toEqual([]);
  });
});
