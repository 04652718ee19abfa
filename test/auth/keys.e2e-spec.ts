import { randomUUID } from 'node:crypto';
import { SigningKeys } from '../../src/auth/index.js';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { expectExpenses, expectInvalidToken } from '../support/refusal.js';

const read = { scopes: ['read:reports'] };

let issuer: TestIssuer;
let api: TestApp | undefined;

beforeEach(async () => {
  issuer = await startTestIssuer();
});

afterEach(async () => {
  await api?.close();
  await issuer?.close();
});

const send = (token: string) => (api as TestApp).get('/secured', token);
const repeat = <T>(count: number, make: () => T) => Array.from({ length: count }, make);
/** A token that everything but its key speaks for. */
const withRandomKid = () => issuer.sign({ kid: randomUUID() }, issuer.claims(read));

it('200 requests at once to a cold process cost one discovery and one fetch of keys', async () => {
  issuer.delayMs = 200;
  api = await createAuthApp(issuer);
  const answers = await Promise.all(repeat(200, () => send(issuer.tokenFor(read))));
  answers.forEach(expectExpenses);
  expect(issuer.requests).toStrictEqual({ discovery: 1, keys: 1 });
});

it('an issuer without an OpenID document is found by RFC 8414, and once', async () => {
  issuer.metadataPath = '/.well-known/oauth-authorization-server';
  api = await createAuthApp(issuer);
  for (const token of repeat(20, () => issuer.tokenFor(read))) expectExpenses(await send(token));
  expect(issuer.requests).toStrictEqual({ discovery: 1, keys: 1 });
  expectInvalidToken(
    await send(issuer.tokenFor({ ...read, iss: 'https://other.example.com/' })),
    'wrong_issuer',
  );
});

it('20 requests one after the other cost one discovery and one fetch of keys', async () => {
  api = await createAuthApp(issuer);
  for (const token of repeat(20, () => issuer.tokenFor(read))) expectExpenses(await send(token));
  expect(issuer.requests).toStrictEqual({ discovery: 1, keys: 1 });
});

it('300 tokens with random kids cost one more fetch, while valid tokens are accepted', async () => {
  api = await createAuthApp(issuer);
  expectExpenses(await send(issuer.tokenFor(read)));
  const remembered = issuer.tokenFor(read);
  const answers = await Promise.all(
    repeat(300, async () => {
      const forged = await send(withRandomKid());
      return { forged, fresh: await send(issuer.tokenFor(read)), remembered: await send(remembered) };
    }),
  );
  for (const answer of answers) {
    expectInvalidToken(answer.forged, 'unknown_key');
    expectExpenses(answer.fresh);
    expectExpenses(answer.remembered);
  }
  expectExpenses(await send(issuer.tokenFor(read)));
  expect(issuer.requests.discovery).toBe(1);
  expect(issuer.requests.keys).toBeLessThanOrEqual(2);
});

it('300 tokens with random kids cost one fetch more when the process is cold, while valid tokens are accepted', async () => {
  issuer.delayMs = 200;
  api = await createAuthApp(issuer);
  const answers = await Promise.all(
    repeat(300, () => Promise.all([send(withRandomKid()), send(issuer.tokenFor(read))])),
  );
  for (const [forged, valid] of answers) {
    expectInvalidToken(forged, 'unknown_key');
    expectExpenses(valid);
  }
  expect(issuer.requests).toStrictEqual({ discovery: 1, keys: 2 });
});

it('a flood of random kids does not hold up a scheduled refresh', async () => {
  api = await createAuthApp(issuer);
  await Promise.all(repeat(50, () => send(withRandomKid())));
  await issuer.rotateKeys({ keepOld: true });
  await api.app.get(SigningKeys).refresh();
  await Promise.all(repeat(50, () => send(withRandomKid())));
  expectExpenses(await send(issuer.tokenFor(read)));
});

it('tokens of a new key are accepted at once', async () => {
  api = await createAuthApp(issuer);
  const old = issuer.tokenFor(read);
  expectExpenses(await send(old));
  await issuer.rotateKeys({ keepOld: true });
  const answers = await Promise.all(repeat(50, () => send(issuer.tokenFor(read))));
  answers.forEach(expectExpenses);
  expectExpenses(await send(old));
  expect(issuer.requests).toStrictEqual({ discovery: 1, keys: 2 });
});

it('tokens of a key that was withdrawn are refused from the next refresh on, remembered ones included', async () => {
  api = await createAuthApp(issuer);
  const remembered = issuer.tokenFor(read);
  const fresh = issuer.tokenFor(read);
  expectExpenses(await send(remembered));
  await issuer.rotateKeys();
  await api.app.get(SigningKeys).refresh();
  expectInvalidToken(await send(remembered), 'unknown_key');
  expectInvalidToken(await send(fresh), 'unknown_key');
  expectExpenses(await send(issuer.tokenFor(read)));
});

it('another key under the same kid ends what the first one signed, remembered tokens included', async () => {
  api = await createAuthApp(issuer);
  const remembered = issuer.tokenFor(read);
  expectExpenses(await send(remembered));
  const { kid } = issuer.signingKey;
  const { privateKey } = await issuer.rotateKeys();
  Object.assign(issuer.signingKey, { kid });
  await api.app.get(SigningKeys).refresh();
  expectInvalidToken(await send(remembered), 'bad_signature');
  expectExpenses(await send(issuer.sign({ kid }, issuer.claims(read), privateKey)));
});

it('a token is tried with each key that it may be signed with: all of one kid, or all when it has none', async () => {
  const first = issuer.signingKey;
  const second = await issuer.rotateKeys({ keepOld: true });
  Object.assign(second, { kid: first.kid });
  const foreign = await startTestIssuer();
  api = await createAuthApp(issuer);
  for (const kid of [first.kid, undefined]) {
    for (const { privateKey } of [first, second]) {
      expectExpenses(await send(issuer.sign({ kid }, issuer.claims(read), privateKey)));
    }
    const forged = issuer.sign({ kid }, issuer.claims(read), foreign.signingKey.privateKey);
    expectInvalidToken(await send(forged), 'bad_signature');
  }
  expect(issuer.requests).toStrictEqual({ discovery: 1, keys: 1 });
  await foreign.close();
});

it('a rotation under traffic makes no request with a valid token fail', async () => {
  const SECONDS = 10;
  api = await createAuthApp(issuer);
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const first = issuer.tokenFor(read);
  const steps = [
    { at: SECONDS * 0.25, run: () => issuer.rotateKeys({ keepOld: true }) },
    { at: SECONDS * 0.5, run: async () => issuer.withdrawOldKeys() },
  ];
  let count = 0;
  while (elapsed() < SECONDS) {
    if (steps[0] && elapsed() > steps[0].at) await steps.shift()?.run();
    // The first token is valid as long as its key is published.
    const valid = [issuer.tokenFor(read), ...(steps.length > 0 ? [first] : [])];
    (await Promise.all(valid.map(send))).forEach(expectExpenses);
    if (steps.length < 2) expectInvalidToken(await send(withRandomKid()), 'unknown_key');
    count += valid.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(steps).toHaveLength(0);
  expect(count).toBeGreaterThan(100);
}, 60_000);
