import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { expectExpenses, expectInvalidToken } from '../support/refusal.js';

// What may change while a request waits for the first keys of a process.

let issuer: TestIssuer;
let api: TestApp | undefined;

beforeEach(async () => {
  issuer = await startTestIssuer();
});

afterEach(async () => {
  await api?.close();
  await issuer?.close();
});

it('a token of the other spelling of the issuer is refused once the issuer has named itself', async () => {
  issuer.delayMs = 200;
  issuer.name = issuer.url.slice(0, -1);
  const app = await createAuthApp(issuer);
  api = app;
  const tokenOf = (iss: string) => issuer.tokenFor({ scopes: ['read:reports'], iss });
  const [named, other] = await Promise.all(
    [issuer.name, issuer.url].map((iss) => app.get('/secured', tokenOf(iss))),
  );
  expectExpenses(named!);
  expectInvalidToken(other!, 'wrong_issuer');
  expect(issuer.requests).toStrictEqual({ discovery: 1, keys: 1 });
});

it('a token that expires meanwhile is refused', async () => {
  // Two answers of 1.9 s end after the token and before the fetch is given up; a slow machine has 3 s to ask.
  issuer.delayMs = 1900;
  api = await createAuthApp(issuer, { variables: { CLOCK_TOLERANCE: '0' } });
  const token = issuer.tokenFor({ scopes: ['read:reports'], exp: Date.now() / 1000 + 3 });
  expectInvalidToken(await api.get('/secured', token), 'token_expired');
  expect(issuer.requests).toStrictEqual({ discovery: 1, keys: 1 });
});
