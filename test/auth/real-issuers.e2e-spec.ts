import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningIssuer, startIssuer } from '../../apps/issuer/src/start-issuer.js';
import { createTestApp, type TestApp } from '../../src/testing/index.js';

// Two issuers that know nothing of the code that verifies their tokens: oidc-provider with one API for each algorithm,
// and Better Auth, which signs by Ed25519 and has no discovery.

const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
const audienceFor = (algorithm: string) => `https://expenses-api/${algorithm}`;
const permissions = ['read:reports', 'create:expenses'];

/** Better Auth with one user, who has signed up. */
class BetterAuth {
  readonly url: string;
  cookie = '';

  private constructor(private readonly server: Server) {
    this.url = `http://localhost:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<BetterAuth> {
    const [{ betterAuth }, { memoryAdapter }, { jwt }, { toNodeHandler }] = await Promise.all([
      import('better-auth'),
      import('better-auth/adapters/memory'),
      import('better-auth/plugins/jwt'),
      import('better-auth/node'),
    ]);
    const server = createServer();
    server.listen(0, 'localhost');
    await once(server, 'listening');
    const running = new BetterAuth(server);
    const auth = betterAuth({
      baseURL: running.url,
      secret: 'a secret of this test, long enough 7',
      database: memoryAdapter({ user: [], session: [], account: [], verification: [], jwks: [] }),
      emailAndPassword: { enabled: true },
      telemetry: { enabled: false },
      logger: { disabled: true },
      plugins: [
        jwt({
          jwt: { audience: audienceFor('EdDSA'), definePayload: () => ({ scope: permissions.join(' ') }) },
        }),
      ],
    });
    server.on('request', toNodeHandler(auth));
    await running.signUp();
    return running;
  }

  async token(): Promise<string> {
    const response = await fetch(`${this.url}/api/auth/token`, { headers: { cookie: this.cookie } });
    return ((await response.json()) as { token: string }).token;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async signUp(): Promise<void> {
    const response = await fetch(`${this.url}/api/auth/sign-up/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.url },
      body: JSON.stringify({ name: 'Alice', email: 'alice@example.com', password: 'password-of-alice' }),
    });
    this.cookie = response.headers
      .getSetCookie()
      .map((cookie) => cookie.split(';')[0])
      .join('; ');
  }
}

let provider: RunningIssuer;
let betterAuth: BetterAuth;
let api: TestApp;
let folder: string;

beforeAll(async () => {
  provider = await startIssuer({
    port: 0,
    tenant: {
      apis: algorithms.map((algorithm) => ({
        identifier: audienceFor(algorithm),
        name: algorithm,
        signingAlgorithm: algorithm,
        permissions: permissions.map((value) => ({ value, description: value })),
      })),
      applications: [
        {
          clientId: 'daemon',
          name: 'Daemon',
          clientSecret: 'secret-of-the-daemon-in-this-test',
          machinePermissions: Object.fromEntries(
            algorithms.map((algorithm) => [audienceFor(algorithm), permissions]),
          ),
        },
      ],
      users: [],
    },
  });
  betterAuth = await BetterAuth.start();
  folder = await mkdtemp(join(tmpdir(), 'issuers-'));
  const file = join(folder, 'issuers.json');
  const issuers = [
    { issuerBaseUrl: provider.issuer, audiences: algorithms.map(audienceFor), algorithms },
    {
      issuerBaseUrl: betterAuth.url,
      issuer: betterAuth.url,
      jwksUri: `${betterAuth.url}/api/auth/jwks`,
      audiences: [audienceFor('EdDSA')],
      algorithms: ['EdDSA'],
    },
  ];
  await writeFile(file, JSON.stringify({ issuers }));
  api = await createTestApp({
    issuer: { url: provider.issuer, audience: audienceFor('RS256') },
    variables: { ISSUERS_FILE: file },
  });
}, 60_000);

afterAll(async () => {
  await api?.close();
  betterAuth?.close();
  await provider?.close();
  if (folder) await rm(folder, { recursive: true });
});

async function providerToken(algorithm: string): Promise<string> {
  const response = await fetch(`${provider.issuer}oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('daemon:secret-of-the-daemon-in-this-test')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', audience: audienceFor(algorithm) }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

const headerOf = (token: string) => JSON.parse(atob(token.split('.')[0]!)) as { alg: string; kid: string };
const statusOf = async (token: string) => (await api.get('/', token)).statusCode;

/** The token with another subject, and with a signature that differs in one letter. */
function tampered(token: string): string[] {
  const [header, payload = '', signature = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  const other = Buffer.from(JSON.stringify({ ...claims, sub: 'somebody else' })).toString('base64url');
  const letter = signature.startsWith('A') ? 'B' : 'A';
  return [`${header}.${other}.${signature}`, `${header}.${payload}.${letter}${signature.slice(1)}`];
}

describe.each([
  ...algorithms.map((algorithm) => ['oidc-provider', algorithm, () => providerToken(algorithm)] as const),
  ['Better Auth', 'EdDSA', () => betterAuth.token()] as const,
])('a token of %s that is signed by %s', (_issuer, algorithm, issue) => {
  it('is accepted', async () => {
    const token = await issue();
    expect(headerOf(token).alg).toBe(algorithm);
    expect(await statusOf(token)).toBe(200);
  });

  it('is 401 when it was tampered with', async () => {
    for (const token of tampered(await issue())) expect(await statusOf(token)).toBe(401);
  });
});

it('the expenses of a caller of one issuer are not seen by one of the other', async () => {
  const [ofProvider, ofBetterAuth] = [await providerToken('ES256'), await betterAuth.token()];
  const payload = { date: '2026-03-01', description: 'Train to Bern', value: 42.5 };
  const created = await api.inject({ method: 'POST', url: '/expenses', payload }, ofBetterAuth);
  expect(created.statusCode).toBe(201);
  expect((await api.get('/', ofBetterAuth)).json()).toMatchObject([payload]);
  expect((await api.get('/', ofProvider)).json()).toStrictEqual([]);
});

it('tokens from before and after a rotation of keys are accepted, for each algorithm', async () => {
  const before = await Promise.all(algorithms.map(providerToken));
  await provider.rotateKeys();
  const after = await Promise.all(algorithms.map(providerToken));
  expect(after.map((token) => headerOf(token).kid)).not.toEqual(before.map((token) => headerOf(token).kid));
  for (const token of [...before, ...after]) expect(await statusOf(token)).toBe(200);
});

// Last, for its unknown keys begin the time in which no others are looked for.
it('a token with the header of one and the claims of the other is 401', async () => {
  const [ofProvider, ofBetterAuth] = [await providerToken('EdDSA'), await betterAuth.token()];
  const [headerA, claimsA, signatureA] = ofProvider.split('.');
  const [headerB, claimsB, signatureB] = ofBetterAuth.split('.');
  for (const parts of [
    [headerA, claimsB, signatureB],
    [headerB, claimsA, signatureA],
    [headerA, claimsB, signatureA],
  ]) {
    expect(await statusOf(parts.join('.'))).toBe(401);
  }
});
