import { jest } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type AuthDecision, SigningKeys, VerifiedTokens } from '../../src/auth/index.js';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import {
  expectExpenses,
  expectInsufficientScope,
  expectInvalidToken,
  expectOtherProblem,
} from '../support/refusal.js';

const read = { scopes: ['read:reports'] };

let issuer: TestIssuer;
let api: TestApp;
let verifications = 0;
let decisions: AuthDecision[] = [];

const count = () => void (verifications += 1);
const record = (decision: unknown) => void decisions.push(decision as AuthDecision);

async function start(variables = {}): Promise<void> {
  api = await createAuthApp(issuer, { variables });
  await api.app.get(SigningKeys).refresh();
}

beforeEach(async () => {
  issuer = await startTestIssuer();
  verifications = 0;
  decisions = [];
  subscribe('auth:token-verification', count);
  subscribe('auth:decision', record);
});

afterEach(async () => {
  jest.restoreAllMocks();
  unsubscribe('auth:token-verification', count);
  unsubscribe('auth:decision', record);
  await api?.close();
  await issuer?.close();
});

const send = (token: string, url = '/secured') => api.get(url, token);
const remembered = () => api.app.get(VerifiedTokens).size;

it('a token is verified once, and remembered', async () => {
  await start();
  const token = issuer.tokenFor(read);
  for (let index = 0; index < 5; index++) expectExpenses(await send(token));
  expect(verifications).toBe(1);
  expect(remembered()).toBe(1);
  expect(decisions.map(({ reason }) => reason)).toStrictEqual(['verified', ...Array(4).fill('remembered')]);
});

it('50 requests that bring the same new token at once verify it once', async () => {
  await start();
  const token = issuer.tokenFor(read);
  (await Promise.all(Array.from({ length: 50 }, () => send(token)))).forEach(expectExpenses);
  expect(verifications).toBe(1);
});

it('50 requests that bring the same new token while the keys are fetched verify it once', async () => {
  issuer.delayMs = 300;
  api = await createAuthApp(issuer);
  const token = issuer.tokenFor(read);
  (await Promise.all(Array.from({ length: 50 }, () => send(token)))).forEach(expectExpenses);
  expect(verifications).toBe(1);
  expect(remembered()).toBe(1);
});

it('of requests that bring the same new token at once, those that also send it elsewhere are refused', async () => {
  issuer.delayMs = 300;
  api = await createAuthApp(issuer);
  const token = issuer.tokenFor(read);
  const urls = ['/secured', '/secured?access_token=a', '/secured', '/secured?access_token=b'];
  const answers = await Promise.all(urls.map((url) => send(token, url)));
  expect(answers.map(({ statusCode }) => statusCode)).toStrictEqual([200, 400, 200, 400]);
  expect(verifications).toBe(1);
});

it('requests that bring the same bad token while the keys are fetched are all refused after one verification, which is not remembered', async () => {
  issuer.delayMs = 300;
  api = await createAuthApp(issuer);
  const token = issuer.tokenFor(read).replace(/[^.]+$/, 'AAAA');
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(token)));
  for (const answer of answers) expectInvalidToken(answer, 'bad_signature');
  expect(decisions.map(({ outcome }) => outcome)).toStrictEqual(Array(20).fill('refused'));
  expect(remembered()).toBe(0);
  expectInvalidToken(await send(token), 'bad_signature');
  expect(verifications).toBe(2);
});

it('a token that cannot be judged, because keys cannot be had, counts as undecided', async () => {
  await issuer.fail('server-error');
  api = await createAuthApp(issuer);
  expectOtherProblem(await send(issuer.tokenFor(read)), 503, 'keys_unavailable');
  expect(decisions).toStrictEqual([{ outcome: 'undecided', reason: 'keys_unavailable' }]);
});

it('a remembered token is good up to its expiry and the forgiven difference, and not a moment longer', async () => {
  await start();
  const { exp, ...claims } = issuer.claims(read) as { exp: number };
  const token = issuer.sign({}, { ...claims, exp });
  expectExpenses(await send(token));
  const now = jest.spyOn(Date, 'now');
  now.mockReturnValue((exp + 10) * 1000 - 1);
  expectExpenses(await send(token));
  now.mockReturnValue((exp + 10) * 1000);
  expectInvalidToken(await send(token), 'token_expired');
  expect(verifications).toBe(2);
  expect(remembered()).toBe(0);
});

it.each([
  ['iat', 'issued_in_future'],
  ['nbf', 'token_not_yet_valid'],
] as const)(
  'a remembered token is refused while the clock is set back behind its %s',
  async (claim, reason) => {
    await start();
    const time = Math.floor(Date.now() / 1000);
    const { iat: _, ...claims } = issuer.claims(read);
    const token = issuer.sign({}, { ...claims, [claim]: time });
    expectExpenses(await send(token));
    const now = jest.spyOn(Date, 'now');
    now.mockReturnValue((time - 10) * 1000);
    expectExpenses(await send(token));
    expect(verifications).toBe(1);
    now.mockReturnValue((time - 10) * 1000 - 1);
    expectInvalidToken(await send(token), reason);
    now.mockReturnValue(time * 1000);
    expectExpenses(await send(token));
  },
);

it('another token with the same end is not taken for one that is remembered', async () => {
  await start();
  const token = issuer.tokenFor({ ...read, sub: 'auth0|bob' });
  expectExpenses(await send(token));
  const [header, , signature = ''] = token.split('.');
  const claims = Buffer.from(JSON.stringify(issuer.claims(read))).toString('base64url');
  expectInvalidToken(await send(`${header}.${claims}.${signature}`), 'bad_signature');
  const lastPart = signature.slice(-60);
  expectInvalidToken(
    await send(`${header}.${claims}.${'A'.repeat(signature.length - 60)}${lastPart}`),
    'bad_signature',
  );
  expectInvalidToken(await send(`x${token}`), 'malformed_token');
  expectExpenses(await send(token));
  expect(remembered()).toBe(1);
});

it('a remembered token grants what it grants, and nothing else', async () => {
  await start();
  const token = issuer.tokenFor(read);
  expectExpenses(await send(token));
  expectInsufficientScope(await send(token, '/secured/both'), 'read:reports', 'read:all_reports');
  expectExpenses(await send(token));
  expect(verifications).toBe(1);
});

it('the principal of a remembered token cannot be changed by whoever gets it', async () => {
  await start();
  const token = issuer.tokenFor({ ...read, org: { roles: ['reader'] } });
  const first = await send(token, '/secured/changed');
  expect(first.json()).toStrictEqual({ changed: 0 });
  expect((await send(token, '/secured/me')).json()).toMatchObject({
    subject: 'auth0|alice',
    scopes: ['read:reports'],
    claims: { org: { roles: ['reader'] } },
  });
});

it('no more tokens are remembered than allowed, the least recently used are forgotten', async () => {
  await start({ VERIFIED_TOKENS: '3' });
  const tokens = Array.from({ length: 5 }, () => issuer.tokenFor(read));
  for (const token of tokens) expectExpenses(await send(token));
  expect(remembered()).toBe(3);
  expectExpenses(await send(tokens[4] as string));
  expect(verifications).toBe(5);
  expectExpenses(await send(tokens[0] as string));
  expect(verifications).toBe(6);
});

it('nothing is remembered when that is switched off', async () => {
  await start({ VERIFIED_TOKENS: '0' });
  const token = issuer.tokenFor(read);
  for (let index = 0; index < 3; index++) expectExpenses(await send(token));
  expect(verifications).toBe(3);
  expect(remembered()).toBe(0);
});

it('a token is forgotten when its key is withdrawn, and only then', async () => {
  await start();
  const old = issuer.tokenFor(read);
  await issuer.rotateKeys({ keepOld: true });
  await api.app.get(SigningKeys).refresh();
  const current = issuer.tokenFor(read);
  for (const token of [old, current]) expectExpenses(await send(token));
  await api.app.get(SigningKeys).refresh();
  expect(remembered()).toBe(2);
  issuer.withdrawOldKeys();
  await api.app.get(SigningKeys).refresh();
  expect(remembered()).toBe(1);
  expectInvalidToken(await send(old), 'unknown_key');
  expectExpenses(await send(current));
});

it('tokens are forgotten when the issuer changes its name', async () => {
  await start();
  const token = issuer.tokenFor(read);
  expectExpenses(await send(token));
  issuer.name = issuer.url.slice(0, -1);
  // Discovery takes place anew after a failure.
  await issuer.fail('server-error');
  await api.app
    .get(SigningKeys)
    .refresh()
    .catch(() => undefined);
  await issuer.recover();
  await api.app.get(SigningKeys).refresh();
  expectInvalidToken(await send(token), 'wrong_issuer');
  expectExpenses(await send(issuer.tokenFor(read)));
  expect(remembered()).toBe(1);
});

it('a token that is not valid yet is not remembered as bad', async () => {
  await start();
  const token = issuer.tokenFor({ ...read, nbf: Math.floor(Date.now() / 1000) + 60 });
  expectInvalidToken(await send(token), 'token_not_yet_valid');
  const now = Date.now();
  jest.spyOn(Date, 'now').mockReturnValue(now + 60_000);
  expectExpenses(await send(token));
  expect(remembered()).toBe(1);
});
