import { randomUUID } from 'node:crypto';
import { ConfigService } from '@nestjs/config';
import type { AccessRules, AuthOptions, Route } from '../../src/auth/index.js';
import { authOptions } from '../../src/auth-options.js';
import { explain } from '../../src/cli/explain/explain.js';
import { findRoute } from '../../src/cli/explain/find-route.js';
import { readAccess } from '../../src/cli/read-access.js';
import { loadConfiguration } from '../../src/config/config.module.js';
import { DpopClient } from '../../src/testing/dpop-client.js';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createTestApp } from '../support/test-app.js';

const BASE_URL = 'https://api.example.com';
const url = `${BASE_URL}/currencies`;
const client = new DpopClient();

let issuer: TestIssuer;
let api: TestApp;
let rules: AccessRules;
let route: Route;

beforeAll(async () => {
  issuer = await startTestIssuer();
  api = await createTestApp({ issuer, variables: { BASE_URL, TRUST_PROXY: '192.0.2.1' } });
  rules = await readAccess();
  route = findRoute(rules.routes, 'GET', '/currencies') as Route;
});
afterAll(async () => {
  await api?.close();
  await issuer?.close();
});

/** The options that the command has by these settings. */
async function optionsBy(variables: Record<string, string> = {}): Promise<AuthOptions> {
  const { environment } = await loadConfiguration({
    NODE_ENV: 'test',
    ISSUER_BASE_URL: issuer.url,
    ALLOWED_AUDIENCES: issuer.audience,
    BASE_URL,
    TRUST_PROXY: '192.0.2.1',
    ...variables,
  });
  return authOptions(new ConfigService(environment));
}

const bound = (claims: object = {}) =>
  issuer.tokenFor({ scopes: ['read:reports'], cnf: client.confirmation, ...claims });
const ask = async (
  token: string,
  proofs: readonly string[],
  variables?: Record<string, string>,
  scheme: 'DPoP' | 'Bearer' = 'DPoP',
) => explain({ route, token, scheme, proofs }, { rules, options: await optionsBy(variables) });
const failed = ({ steps }: Awaited<ReturnType<typeof ask>>) =>
  steps.filter(({ passed }) => !passed).map(({ text }) => text);

it('every check of RFC 9449, 4.3 is a step of a good proof', async () => {
  const token = bound();
  const { steps, verdict } = await ask(token, [client.proof({ url, token })]);
  expect(verdict).toBe('accepted');
  const texts = steps.map(({ passed, text }) => `${passed ? 'yes' : 'NO'} ${text}`);
  expect(texts.slice(texts.indexOf('yes the signature fits') + 1)).toEqual([
    'yes the token is bound to a key',
    'yes one DPoP header comes with the token',
    'yes the proof is a signed JSON Web Token',
    'yes the proof is of the type of a DPoP proof',
    'yes the proof is signed with an algorithm that is allowed',
    'yes the proof has no header parameter that we do not support',
    'yes the proof gives no private or symmetric key away',
    'yes the proof has a public key that fits its algorithm',
    'yes the proof has every claim that is required',
    'yes the proof has claims of the right types',
    'yes the proof is for the method of the request',
    'yes the proof is for the URI of the request',
    'yes the proof is for the access token of the request',
    'yes the proof was made a short while ago',
    'yes the proof was not made in the future',
    'yes the token is bound to the key of the proof',
    'yes the key of the proof can be used',
    'yes the signature of the proof fits its key',
    'yes the proof has the nonce that the settings demand',
    'yes the proof was not used before, as far as this command can know',
  ]);
});

it('a proof is for the path that was asked for, and not for the pattern of its route', async () => {
  const token = bound();
  const one = findRoute(rules.routes, 'GET', '/expenses/7') as Route;
  const proofs = [client.proof({ url: `${BASE_URL}/expenses/7`, token })];
  const call = { route: one, path: '/expenses/7', token, scheme: 'DPoP', proofs } as const;
  expect(await explain(call, { rules, options: await optionsBy() })).toMatchObject({ verdict: 'accepted' });
});

const SECRET = 'c2VjcmV0LXRoYXQtbm9ib2R5LXNlZXM';
const now = () => Math.floor(Date.now() / 1000);

it.each<[string, object, object, RegExp]>([
  ['type', {}, { typ: 'JWT' }, /typ is "JWT", expected is "dpop\+jwt"$/],
  ['algorithm', {}, { alg: 'none' }, /alg is "none", allowed is "ES256" or .*: DPOP_ALGORITHMS$/],
  ['header', {}, { crit: [SECRET] }, /: it has crit$/],
  ['private key', {}, { jwk: { ...client.jwk, d: SECRET } }, /jwk has d: make a new key/],
  ['symmetric key', {}, { jwk: { kty: 'oct' } }, /jwk has kty "oct": /],
  [
    'key',
    {},
    { jwk: { kty: 'RSA', n: SECRET } },
    /jwk is an object, its kty is "RSA", crv is absent, alg of the proof is "ES256"$/,
  ],
  ['lacking claims', { ath: undefined, jti: undefined }, {}, /: it lacks jti, ath$/],
  ['types', { jti: 5, iat: SECRET }, {}, /jti is a number, .*iat is text, .*expected is a number for iat/],
  ['method', { htm: 'post' }, {}, /htm is "post", expected is "GET"$/],
  [
    'URL',
    { htu: `https://other/?${SECRET}` },
    {},
    /htu is "https:\/\/other\/", expected is "https:\/\/api.example.com\/currencies", by RESOURCE$/,
  ],
  ['token', { ath: SECRET }, {}, /: ath is another text than the SHA-256 of this token in base64url$/],
  [
    'age',
    { iat: now() - 500 },
    {},
    /iat is \d{4}-.*, 5\d\d s ago, exp is absent, allowed is 60 s: DPOP_MAX_AGE$/,
  ],
  [
    'future',
    { iat: now() + 500 },
    {},
    /iat is .* s from now, nbf is absent; is the clock of this machine right\?$/,
  ],
])(
  'a proof of another %s is explained by what was found and what is wanted, and ends as in the API',
  async (_title, claims, header, text) => {
    const token = bound();
    const proof = client.proof({ url, token }, { ...claims }, { ...header });
    const explanation = await ask(token, [proof]);
    expect(failed(explanation)).toEqual([expect.stringMatching(text)]);
    const answer = await api.inject({
      method: 'GET',
      url: '/currencies',
      headers: { authorization: `DPoP ${token}`, dpop: proof },
    });
    expect(explanation.verdict).toBe(`${answer.statusCode} ${answer.json<{ code: string }>().code}`);
    const written = JSON.stringify(explanation);
    for (const secret of [SECRET, ...proof.split('.'), client.confirmation.jkt, client.jwk.x as string]) {
      expect(written).not.toContain(secret);
    }
  },
);

it('a proof that cannot be read, or does not come alone, is told', async () => {
  const token = bound();
  const proof = client.proof({ url, token });
  expect(failed(await ask(token, []))).toEqual(['one DPoP header comes with the token: there is none']);
  expect(failed(await ask(token, [proof, proof]))).toEqual([
    'one DPoP header comes with the token: there are 2',
  ]);
  expect(failed(await ask(token, ['a.b']))).toEqual([
    'the proof is a signed JSON Web Token: it has not 3 parts in base64url of JSON, or is too long',
  ]);
});

it('a key or signature that does not fit is told, and no thumbprint', async () => {
  const token = bound();
  const other = new DpopClient();
  const stranger = await ask(token, [other.proof({ url, token })]);
  expect(failed(stranger)).toEqual([
    'the token is bound to the key of the proof: its jkt is the thumbprint of another key',
  ]);
  expect(JSON.stringify(stranger)).not.toContain(client.confirmation.jkt);
  const forged = client.proof({ url, token }, {}, {}, other.privateKey);
  expect(failed(await ask(token, [forged]))).toEqual([
    'the signature of the proof fits its key: it does not',
  ]);
});

it('a nonce that is missing is told', async () => {
  const token = bound();
  const explanation = await ask(token, [client.proof({ url, token })], { DPOP_NONCE: 'required' });
  expect(explanation.verdict).toBe('401 use_dpop_nonce');
  expect(failed(explanation)).toEqual([
    expect.stringMatching(/^the proof has the nonce that the settings demand: it has none, or another/),
  ]);
});

it('a token and a scheme that do not go together are told', async () => {
  const token = bound();
  expect(failed(await ask(token, [], {}, 'Bearer'))).toEqual([
    expect.stringMatching(/cnf has jkt; give the lines/),
  ]);
  const bearer = issuer.tokenFor({ scopes: ['read:reports'] });
  const proof = client.proof({ url, token: bearer });
  expect(failed(await ask(bearer, [proof]))).toEqual(['the token is bound to a key: cnf has no jkt']);
  expect(failed(await ask(bearer, [proof], {}, 'Bearer'))).toEqual(['no proof comes beside a bearer token']);
  expect(failed(await ask(bearer, [], { DPOP: 'required' }, 'Bearer'))).toEqual([
    'the token is bound to a key: cnf is absent, by DPOP=required',
  ]);
  expect(failed(await ask(token, [proof], { DPOP: 'off' }))).toEqual([
    'tokens are taken with a proof: DPOP is off',
  ]);
  const certificate = issuer.tokenFor({ cnf: { 'x5t#S256': 'A'.repeat(43) }, jti: randomUUID() });
  expect(failed(await ask(certificate, [], {}, 'Bearer'))).toEqual([
    'the certificate of the client is the one that the token is bound to: no certificate comes with this command',
  ]);
});
