import { randomUUID } from 'node:crypto';
import { proofRefusals } from '../../src/auth/index.js';
import { DpopClient } from '../../src/testing/dpop-client.js';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { describeWithRedis, ownRedis, redisConnected } from '../support/redis.js';
import { BASE_URL } from '../support/refusal.js';

const url = '/secured';
const htu = `${BASE_URL}${url}`;

let issuer: TestIssuer;
let app: TestApp;
const client = new DpopClient('ES256');

beforeAll(async () => {
  issuer = await startTestIssuer();
  app = await createAuthApp(issuer);
});
afterAll(async () => {
  await app?.close();
  await issuer?.close();
});

const boundToken = (cnf: unknown = client.confirmation) => issuer.tokenFor({ scopes: ['read:reports'], cnf });

function send(token: string, headers: Record<string, string | string[]>, to = app) {
  return to.inject({ method: 'GET', url, headers: { authorization: `DPoP ${token}`, ...headers } });
}
const proofFor = (token: string, by = client) => by.proof({ url: htu, token });

/** What is changed of a good proof. */
interface Changes {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
}

/** The reason and scheme of a refusal. */
function refusalOf({ statusCode, headers, json }: Awaited<ReturnType<typeof send>>) {
  const challenge = String(headers['www-authenticate']);
  const { code, detail } = json<{ code: string; detail: string }>();
  return {
    statusCode,
    scheme: challenge.split(' ')[0],
    algs: /algs="([^"]*)"/.exec(challenge)?.[1],
    code,
    detail,
  };
}

describe('a token that is bound to a key', () => {
  it('is good with a proof of that key, remembered or not', async () => {
    const token = boundToken();
    for (let time = 0; time < 3; time++) {
      expect((await send(token, { dpop: proofFor(token) })).statusCode).toBe(200);
    }
  });

  it.each(['ES256', 'EdDSA', 'PS256', 'RS256'] as const)('is good with a proof by %s', async (alg) => {
    const other = new DpopClient(alg);
    const token = boundToken(other.confirmation);
    expect((await send(token, { dpop: proofFor(token, other) })).statusCode).toBe(200);
  });

  it('is refused as a bearer token', async () => {
    const token = boundToken();
    const answer = await app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${token}` } });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toContain(
      'bound to a key and cannot be used as a bearer token',
    );
  });

  it('is refused without a proof, by a challenge of the scheme DPoP that names the algorithms', async () => {
    expect(refusalOf(await send(boundToken(), {}))).toEqual({
      statusCode: 401,
      scheme: 'DPoP',
      algs: 'ES256 EdDSA Ed25519 PS256 RS256',
      code: 'invalid_dpop_proof',
      detail: proofRefusals.missing_proof,
    });
  });

  it('is refused when somebody else proves their own key', async () => {
    const token = boundToken();
    const answer = refusalOf(await send(token, { dpop: proofFor(token, new DpopClient('ES256')) }));
    expect(answer).toMatchObject({ statusCode: 401, scheme: 'DPoP', code: 'invalid_token' });
  });

  it('is refused with a proof that was used before', async () => {
    const token = boundToken();
    const dpop = proofFor(token);
    expect((await send(token, { dpop })).statusCode).toBe(200);
    expect(refusalOf(await send(token, { dpop })).detail).toBe(proofRefusals.replayed_proof);
  });

  it.each<[string, Changes, keyof typeof proofRefusals]>([
    ['for another method', { claims: { htm: 'POST' } }, 'wrong_proof_method'],
    ['for a method in lower case', { claims: { htm: 'get' } }, 'wrong_proof_method'],
    ['for another path', { claims: { htu: `${BASE_URL}/other` } }, 'wrong_proof_uri'],
    ['for another host', { claims: { htu: `https://other.example.com${url}` } }, 'wrong_proof_uri'],
    ['for another port', { claims: { htu: `${BASE_URL}:8443${url}` } }, 'wrong_proof_uri'],
    ['for a path with an escaped slash', { claims: { htu: `${BASE_URL}/%2Fsecured` } }, 'wrong_proof_uri'],
    [
      'for another token',
      { claims: { ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo' } },
      'wrong_proof_token',
    ],
    ['without the hash of the token', { claims: { ath: undefined } }, 'missing_proof_claim'],
    ['without an id', { claims: { jti: undefined } }, 'missing_proof_claim'],
    ['without a time', { claims: { iat: undefined } }, 'missing_proof_claim'],
    ['with a time that is text', { claims: { iat: '1' } }, 'invalid_proof_claim'],
    ['that is two minutes old', { claims: { iat: Math.floor(Date.now() / 1000) - 120 } }, 'proof_too_old'],
    ['from the future', { claims: { iat: Math.floor(Date.now() / 1000) + 120 } }, 'proof_from_future'],
    ['of the type of an access token', { header: { typ: 'at+jwt' } }, 'wrong_proof_type'],
    ['without a type', { header: { typ: undefined } }, 'wrong_proof_type'],
    ['that names no algorithm', { header: { alg: 'none' } }, 'unsupported_proof_algorithm'],
    ['by a shared secret', { header: { alg: 'HS256' } }, 'unsupported_proof_algorithm'],
    ['with a critical extension', { header: { crit: ['x'] } }, 'unsupported_proof_header'],
    ['with a private key', { header: { jwk: { ...client.jwk, d: 'AAAA' } } }, 'private_proof_key'],
    ['with a symmetric key', { header: { jwk: { kty: 'oct', k: 'AAAA' } } }, 'private_proof_key'],
    ['without a key', { header: { jwk: undefined } }, 'unusable_proof_key'],
  ])('is refused with a proof %s', async (_title, changes, reason) => {
    const token = boundToken();
    const answer = refusalOf(
      await send(token, { dpop: client.proof({ url: htu, token }, changes.claims, changes.header) }),
    );
    expect(answer).toMatchObject({ statusCode: 401, scheme: 'DPoP', code: 'invalid_dpop_proof' });
    expect(answer.detail).toBe(proofRefusals[reason]);
  });

  it.each([
    ['no JSON Web Token', 'a.b'],
    ['64 kB', 'x'.repeat(65_536)],
    ['nothing', ''],
  ])('is refused with a proof that is %s', async (_title, dpop) => {
    const { statusCode } = await send(boundToken(), { dpop });
    expect([400, 401, 431]).toContain(statusCode);
  });

  it('is refused when its binding has another member than the key', async () => {
    const token = boundToken({ ...client.confirmation, kid: 'a' });
    expect((await send(token, { dpop: proofFor(token) })).statusCode).toBe(401);
  });
});

describe('a token that is bound to nothing', () => {
  it('is refused under the scheme DPoP', async () => {
    const token = issuer.tokenFor({ scopes: ['read:reports'] });
    expect(refusalOf(await send(token, { dpop: proofFor(token) }))).toMatchObject({
      statusCode: 401,
      scheme: 'DPoP',
    });
  });

  it('is refused as a bearer token beside a proof', async () => {
    const token = issuer.tokenFor({ scopes: ['read:reports'] });
    const headers = { authorization: `Bearer ${token}`, dpop: proofFor(token) };
    expect((await app.inject({ method: 'GET', url, headers })).statusCode).toBe(400);
  });

  it('is good as a bearer token', async () => {
    expect((await app.get(url, issuer.tokenFor({ scopes: ['read:reports'] }))).statusCode).toBe(200);
  });
});

async function within(variables: Record<string, string>, work: (other: TestApp) => Promise<void>) {
  const other = await createAuthApp(issuer, { variables });
  try {
    await work(other);
  } finally {
    await other.close();
  }
}

describe('the settings of DPoP', () => {
  it('off: its scheme is unknown, and bound tokens are refused', () =>
    within({ DPOP: 'off' }, async (other) => {
      const token = boundToken();
      expect((await send(token, { dpop: proofFor(token) }, other)).headers['www-authenticate']).toMatch(
        /^Bearer /,
      );
      expect((await other.get(url, token)).statusCode).toBe(401);
    }));

  it('required: only bound tokens are good', () =>
    within({ DPOP: 'required' }, async (other) => {
      const answer = await other.get(url, issuer.tokenFor({ scopes: ['read:reports'] }));
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^DPoP /);
      const token = boundToken();
      expect((await send(token, { dpop: proofFor(token) }, other)).statusCode).toBe(200);
      const metadata = (await other.get('/.well-known/oauth-protected-resource')).json<
        Record<string, unknown>
      >();
      expect(metadata).toMatchObject({ dpop_bound_access_tokens_required: true });
    }));

  it('a nonce that is required is given, and taken', () =>
    within({ DPOP_NONCE: 'required' }, async (other) => {
      const token = boundToken();
      const asked = await send(token, { dpop: proofFor(token) }, other);
      expect(refusalOf(asked)).toMatchObject({ statusCode: 401, scheme: 'DPoP', code: 'use_dpop_nonce' });
      const nonce = asked.headers['dpop-nonce'] as string;
      const dpop = client.proof({ url: htu, token }, { nonce });
      expect((await send(token, { dpop }, other)).statusCode).toBe(200);
      const forged = client.proof({ url: htu, token }, { nonce: randomUUID() });
      expect(refusalOf(await send(token, { dpop: forged }, other)).code).toBe('use_dpop_nonce');
    }));

  it('the metadata of the resource say what proofs may be signed with, to every web page', async () => {
    const answer = await app.inject({
      method: 'GET',
      url: '/.well-known/oauth-protected-resource',
      headers: {
        origin: 'https://anywhere.example',
        host: 'evil.example',
        'x-forwarded-host': 'evil.example',
      },
    });
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    expect(answer.json()).toMatchObject({
      resource: expect.stringMatching(/^https:\/\/api\.example\.com\/?$/),
      resource_name: 'Expenses API',
      dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'],
      dpop_bound_access_tokens_required: false,
    });
  });

  it.each(['', '/'])('the address of the API is an audience by itself, with %j at its end', async (end) => {
    const token = issuer.tokenFor({ aud: `${BASE_URL}${end}`, scopes: ['read:reports'] });
    expect((await app.get(url, token)).statusCode).toBe(200);
  });
});

describeWithRedis('Two processes that share Redis', () => {
  it('take a proof once between them', async () => {
    const variables = { REDIS_URL: ownRedis() };
    const [one, two] = [
      await createAuthApp(issuer, { variables }),
      await createAuthApp(issuer, { variables }),
    ];
    try {
      await Promise.all([one, two].map(redisConnected));
      const token = boundToken();
      const dpop = proofFor(token);
      expect((await send(token, { dpop }, one)).statusCode).toBe(200);
      expect(refusalOf(await send(token, { dpop }, two)).detail).toBe(proofRefusals.replayed_proof);
    } finally {
      await one.close();
      await two.close();
    }
  });
});
