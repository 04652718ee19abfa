import { type RunningIssuer, startIssuer } from '../../apps/issuer/src/start-issuer.js';
import { type TestApp } from '../../src/testing/index.js';
import { createTestApp } from '../support/test-app.js';

// Tokens of oidc-provider, which knows nothing of the code that verifies them.

const audience = 'https://expenses-api';
let issuer: RunningIssuer;
let api: TestApp;

beforeAll(async () => {
  issuer = await startIssuer({ port: 0 });
  api = await createTestApp({ issuer: { url: issuer.issuer, audience } });
}, 60_000);

afterAll(async () => {
  await api?.close();
  await issuer?.close();
});

async function clientCredentials(scope?: string, forAudience = audience): Promise<string> {
  const response = await fetch(`${issuer.issuer}oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('lab-cli:sample-secret-of-lab-cli')}` },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      audience: forAudience,
      ...(scope && { scope }),
    }),
  });
  const { access_token: token } = (await response.json()) as { access_token?: string };
  if (token === undefined) throw new Error(`The issuer answered ${response.status}`);
  return token;
}

const kid = (token: string) => (JSON.parse(atob(token.split('.')[0] ?? '')) as { kid: string }).kid;

const expense = { date: '2026-03-01', description: 'Train to Bern', value: 42.5 };
const create = (token: string) => api.inject({ method: 'POST', url: '/expenses', payload: expense }, token);

it('a token for reading and creating does both', async () => {
  const token = await clientCredentials('read:reports create:expenses');
  expect((await create(token)).statusCode).toBe(201);
  const response = await api.get('/', token);
  expect(response.statusCode).toBe(200);
  expect(response.json()).toMatchObject([expense]);
});

it('a token without the permission of a route is 403 there, and shows nothing', async () => {
  const reader = await clientCredentials('read:reports');
  const refused = await create(reader);
  expect(refused.statusCode).toBe(403);
  expect(refused.headers['www-authenticate']).toContain('error="insufficient_scope"');
  expect(refused.headers['www-authenticate']).toContain('scope="create:expenses"');
  const creator = await clientCredentials('create:expenses');
  const hidden = await api.get('/', creator);
  expect(hidden.statusCode).toBe(403);
  expect(hidden.body).not.toContain(expense.description);
});

it('a request without token is 401 with a challenge that names what to ask the issuer for', async () => {
  const response = await api.get('/');
  expect(response.statusCode).toBe(401);
  expect(response.headers['www-authenticate']).toMatch(
    /^Bearer scope="read:reports", resource_metadata="[^"]+"$/,
  );
  expect(response.body).not.toContain(expense.description);
});

it('a token that was tampered with is 401', async () => {
  const token = await clientCredentials('read:reports');
  const response = await api.get('/', `${token.slice(0, -10)}${'A'.repeat(10)}`);
  expect(response.statusCode).toBe(401);
  expect(response.headers['www-authenticate']).toContain('error="invalid_token"');
});

it('tokens from before and after a rotation of keys are accepted', async () => {
  const before = await clientCredentials('read:reports');
  await issuer.rotateKeys();
  const after = await clientCredentials('read:reports');
  expect(kid(after)).not.toBe(kid(before));
  for (const token of [before, after]) expect((await api.get('/', token)).statusCode).toBe(200);
});
