import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { expectExpenses, expectInvalidToken } from '../support/refusal.js';

let issuer: TestIssuer;
let api: TestApp | undefined;

beforeAll(async () => {
  issuer = await startTestIssuer();
});

afterEach(() => api?.close());
afterAll(() => issuer?.close());

const claims = () => issuer.claims({ scopes: ['read:reports'], client_id: 'expenses-web' });

it('TOKEN_PROFILE=rfc9068 demands the type and claims of RFC 9068', async () => {
  const app = await createAuthApp(issuer, { variables: { TOKEN_PROFILE: 'rfc9068' } });
  api = app;
  const send = (token: string) => app.get('/secured', token);
  expectExpenses(await send(issuer.sign({ typ: 'at+jwt' }, claims())));
  expectInvalidToken(await send(issuer.sign({ typ: 'JWT' }, claims())), 'unsupported_type');
  for (const claim of ['client_id', 'jti', 'iat']) {
    const token = issuer.sign({ typ: 'at+jwt' }, { ...claims(), [claim]: undefined });
    expectInvalidToken(await send(token), 'missing_claim');
  }
  expect(issuer.requests.keys).toBe(1);
});

it('CLOCK_TOLERANCE says how much difference of the clocks is forgiven', async () => {
  const app = await createAuthApp(issuer, { variables: { CLOCK_TOLERANCE: '60' } });
  api = app;
  const now = Math.floor(Date.now() / 1000);
  const send = (changes: object) => app.get('/secured', issuer.sign({}, { ...claims(), ...changes }));
  expectExpenses(await send({ exp: now - 50 }));
  expectInvalidToken(await send({ exp: now - 60 }), 'token_expired');
  expectExpenses(await send({ nbf: now + 50 }));
  expect((await send({ nbf: now + 70 })).statusCode).toBe(401);
});

it('JWKS_URI and ISSUER replace discovery', async () => {
  const before = issuer.requests.discovery;
  const app = await createAuthApp(issuer, {
    variables: { JWKS_URI: `${issuer.url}.well-known/jwks.json`, ISSUER: 'https://tenant.example.com' },
  });
  api = app;
  const send = (iss: string) => app.get('/secured', issuer.sign({}, { ...claims(), iss }));
  expectExpenses(await send('https://tenant.example.com'));
  expectInvalidToken(await send('https://tenant.example.com/'), 'wrong_issuer');
  expectInvalidToken(await send(issuer.url), 'wrong_issuer');
  expect(issuer.requests.discovery).toBe(before);
});
