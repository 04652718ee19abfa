import { constants, createSecretKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../src/auth/index.js';
import {
  type SigningKey,
  signToken,
  startTestIssuer,
  type TestApp,
  type TestIssuer,
  toJwk,
} from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { expectExpenses, expectInvalidToken } from '../support/refusal.js';

// One issuer publishes a key for every algorithm. `all` is an API that allows all of them, and each algorithm has an API
// that allows no other.

let issuer: TestIssuer;
let all: TestApp;
const keys = new Map<SigningAlgorithm, SigningKey>();
/** Keys of the same kinds that the issuer does not publish. */
const foreign = new Map<SigningAlgorithm, KeyObject>();

const curves = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' } as const;
type EcAlgorithm = keyof typeof curves;
const EC_ALGORITHMS = Object.keys(curves) as EcAlgorithm[];
const foreignRsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

function foreignKeyFor(algorithm: SigningAlgorithm): KeyObject {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519').privateKey;
  const namedCurve = curves[algorithm as EcAlgorithm];
  return namedCurve ? generateKeyPairSync('ec', { namedCurve }).privateKey : foreignRsa;
}

beforeAll(async () => {
  issuer = await startTestIssuer({ algorithm: SIGNING_ALGORITHMS[0] });
  keys.set(SIGNING_ALGORITHMS[0]!, issuer.signingKey);
  for (const algorithm of SIGNING_ALGORITHMS.slice(1)) {
    keys.set(algorithm, await issuer.rotateKeys({ algorithm, keepOld: true }));
  }
  for (const algorithm of SIGNING_ALGORITHMS) foreign.set(algorithm, foreignKeyFor(algorithm));
  all = await createAuthApp(issuer, { variables: { TOKEN_ALGORITHMS: SIGNING_ALGORITHMS.join(',') } });
});

afterAll(async () => {
  await all?.close();
  await issuer?.close();
});

const sendToAll = (token: string) => all.get('/secured', token);
const claims = () => issuer.claims({ scopes: ['read:reports'] });
const keyOf = (algorithm: SigningAlgorithm) => keys.get(algorithm)!;
/** A token whose header names an algorithm and a key, signed by any key in any way. */
const tokenBy = (header: { alg?: unknown; kid?: string }, key: KeyObject, really: unknown = header.alg) =>
  signToken({ typ: 'JWT', ...header }, claims(), key, really);
const genuine = (algorithm: SigningAlgorithm) =>
  tokenBy({ alg: algorithm, kid: keyOf(algorithm).kid }, keyOf(algorithm).privateKey);
/** A token of the usual content with a signature that is made by the caller. */
function signedBy(algorithm: SigningAlgorithm, make: (input: Buffer, key: KeyObject) => Buffer): string {
  const { kid, privateKey } = keyOf(algorithm);
  const input = tokenBy({ alg: algorithm, kid }, privateKey).replace(/\.[^.]+$/, '');
  return `${input}.${make(Buffer.from(input), privateKey).toString('base64url')}`;
}
/** Whether a key can sign in the way of an algorithm at all. */
const canSign = (algorithm: SigningAlgorithm, { asymmetricKeyType: type }: KeyObject) =>
  ({ rsa: /^[RP]S/, ec: /^ES/, ed25519: /^EdDSA/ })[type as string]!.test(algorithm);

describe.each(SIGNING_ALGORITHMS)('where %s alone is allowed', (algorithm) => {
  let api: TestApp;

  beforeAll(async () => {
    api = await createAuthApp(issuer, { variables: { TOKEN_ALGORITHMS: algorithm } });
  });
  afterAll(() => api?.close());

  const send = (token: string) => api.get('/secured', token);

  it('a genuine token is accepted', async () => {
    expectExpenses(await send(genuine(algorithm)));
  });

  it('a genuine token of every other algorithm is refused, whose key the issuer publishes as well', async () => {
    for (const other of SIGNING_ALGORITHMS.filter((name) => name !== algorithm)) {
      expectInvalidToken(await send(genuine(other)), 'unsupported_algorithm');
    }
  });

  it('a token of every other algorithm that says to be of this one is refused, by whatever key', async () => {
    const { kid } = keyOf(algorithm);
    for (const other of SIGNING_ALGORITHMS.filter((name) => name !== algorithm)) {
      const { kid: otherKid, privateKey } = keyOf(other);
      expectInvalidToken(await send(tokenBy({ alg: algorithm, kid }, privateKey, other)), 'bad_signature');
      // The key is published, but not for an algorithm that is allowed.
      const underItsName = tokenBy({ alg: algorithm, kid: otherKid }, privateKey, other);
      expectInvalidToken(await send(underItsName), 'unknown_key');
      if (canSign(other, keyOf(algorithm).privateKey)) {
        const byOurKey = tokenBy({ alg: algorithm, kid }, keyOf(algorithm).privateKey, other);
        expectInvalidToken(await send(byOurKey), 'bad_signature');
      }
    }
  });

  it("a key of somebody else is refused, under our issuer's name for a key or under none, or in the header", async () => {
    const key = foreign.get(algorithm)!;
    const { kid } = keyOf(algorithm);
    expectInvalidToken(await send(tokenBy({ alg: algorithm, kid }, key)), 'bad_signature');
    expectInvalidToken(await send(tokenBy({ alg: algorithm }, key)), 'bad_signature');
    const { kty, crv, x, y, n, e } = key.export({ format: 'jwk' });
    const jwk = { kty, crv, x, y, n, e };
    const withKey = signToken({ alg: algorithm, kid, jwk }, claims(), key);
    expectInvalidToken(await send(withKey), 'bad_signature');
  });

  it.each(['none', 'None', 'nOnE', 'HS256', 'HS384', 'HS512', 'ES256K', 'Ed448', 'RS1', ''])(
    'the algorithm %j is refused, with a genuine signature and without one',
    async (alg) => {
      const { kid, privateKey } = keyOf(algorithm);
      expectInvalidToken(await send(tokenBy({ alg, kid }, privateKey, algorithm)), 'unsupported_algorithm');
      expectInvalidToken(await send(tokenBy({ alg, kid }, privateKey, 'none')), 'malformed_token');
    },
  );

  it.each(['HS256', 'HS384', 'HS512'])('no form of the public key is a secret of %s', async (hmac) => {
    const { publicKey, kid } = keyOf(algorithm);
    const jwk = publicKey.export({ format: 'jwk' });
    const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const forms: (string | Buffer)[] = [
      spki,
      spki.trimEnd(),
      spki.replaceAll('\n', '\r\n'),
      spki.split('\n').slice(1, -2).join(''),
      publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify(jwk),
      JSON.stringify(toJwk(keyOf(algorithm))),
      ...[jwk.n, jwk.x, jwk.y].filter((part) => part !== undefined),
      ...[jwk.n, jwk.x].filter((part) => part !== undefined).map((part) => Buffer.from(part, 'base64url')),
      kid,
      '',
    ];
    for (const secret of forms.map((form) => createSecretKey(Buffer.from(form)))) {
      expectInvalidToken(await send(tokenBy({ alg: hmac, kid }, secret)), 'unsupported_algorithm');
      expectInvalidToken(await send(tokenBy({ alg: algorithm, kid }, secret, hmac)), 'bad_signature');
    }
  });

  it('no signature of another length is accepted', async () => {
    const [input = '', signature = ''] = genuine(algorithm).split(/\.(?=[^.]+$)/);
    const bytes = Buffer.from(signature, 'base64url');
    const changed = [
      bytes.subarray(0, -1),
      bytes.subarray(1),
      Buffer.concat([bytes, Buffer.alloc(1)]),
      Buffer.concat([Buffer.alloc(1), bytes]),
      Buffer.concat([bytes, bytes]),
      Buffer.alloc(bytes.length),
      Buffer.alloc(bytes.length, 255),
      Buffer.alloc(1),
    ];
    for (const other of changed) {
      expectInvalidToken(await send(`${input}.${other.toString('base64url')}`), 'bad_signature');
    }
  });

  it('a genuine token is accepted after all of these', async () => {
    expectExpenses(await send(genuine(algorithm)));
  });
});

describe('where all algorithms are allowed', () => {
  it('a token is accepted when its header, its key and its signature are of one algorithm, and else never', async () => {
    const accepted: string[] = [];
    for (const header of SIGNING_ALGORITHMS) {
      for (const key of SIGNING_ALGORITHMS) {
        const { kid, privateKey } = keyOf(key);
        for (const really of SIGNING_ALGORITHMS.filter((name) => canSign(name, privateKey))) {
          const { statusCode } = await sendToAll(tokenBy({ alg: header, kid }, privateKey, really));
          if (statusCode === 200) accepted.push(`${header} ${key} ${really}`);
          else expect(statusCode).toBe(401);
        }
      }
    }
    expect(accepted).toStrictEqual(SIGNING_ALGORITHMS.map((name) => `${name} ${name} ${name}`));
  });

  it('a token without kid is accepted by a key of its algorithm only', async () => {
    for (const algorithm of SIGNING_ALGORITHMS) {
      expectExpenses(await sendToAll(tokenBy({ alg: algorithm }, keyOf(algorithm).privateKey)));
    }
    for (const [header, key] of [
      ['RS256', 'PS256'],
      ['PS512', 'RS512'],
      ['RS384', 'RS256'],
    ] as const) {
      expectInvalidToken(await sendToAll(tokenBy({ alg: header }, keyOf(key).privateKey)), 'bad_signature');
    }
  });

  it('a key of another algorithm is named as what it is', async () => {
    const { kid, privateKey } = keyOf('RS256');
    expectInvalidToken(await sendToAll(tokenBy({ alg: 'PS256', kid }, privateKey)), 'key_of_other_algorithm');
  });
});

describe.each(EC_ALGORITHMS)('a signature of %s', (algorithm) => {
  const size = { ES256: 32, ES384: 48, ES512: 66 }[algorithm];
  const hash = `sha${algorithm.slice(2)}`;
  const raw = (input: Buffer, key: KeyObject) => sign(hash, input, { key, dsaEncoding: 'ieee-p1363' });
  const halves = (bytes: Buffer) => [bytes.subarray(0, size), bytes.subarray(size)] as const;

  it('is refused in DER', async () => {
    const token = signedBy(algorithm, (input, key) => sign(hash, input, { key, dsaEncoding: 'der' }));
    expectInvalidToken(await sendToAll(token), 'bad_signature');
  });

  it.each<[string, (r: Buffer, s: Buffer) => Buffer[]]>([
    ['r is zero', (_r, s) => [Buffer.alloc(size), s]],
    ['s is zero', (r) => [r, Buffer.alloc(size)]],
    ['both are zero', () => [Buffer.alloc(size), Buffer.alloc(size)]],
    ['r is as large as can be', (_r, s) => [Buffer.alloc(size, 255), s]],
    ['s is as large as can be', (r) => [r, Buffer.alloc(size, 255)]],
    ['they are in each other’s place', (r, s) => [s, r]],
    ['they are padded', (r, s) => [Buffer.alloc(1), r, Buffer.alloc(1), s]],
    ['they lack their first byte', (r, s) => [r.subarray(1), s.subarray(1)]],
  ])('is refused when %s', async (_title, change) => {
    const token = signedBy(algorithm, (input, key) => Buffer.concat(change(...halves(raw(input, key)))));
    expectInvalidToken(await sendToAll(token), 'bad_signature');
  });

  it('is refused of another curve, under the name of a key of the right one', async () => {
    const { kid } = keyOf(algorithm);
    for (const namedCurve of ['P-256', 'P-384', 'P-521', 'secp256k1'].filter(
      (name) => name !== curves[algorithm],
    )) {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve });
      expectInvalidToken(await sendToAll(tokenBy({ alg: algorithm, kid }, privateKey)), 'bad_signature');
    }
  });
});

describe.each(['PS256', 'PS384', 'PS512'] as const)('a signature of %s', (algorithm) => {
  const length = Number(algorithm.slice(2)) / 8;

  it.each([0, 1, length - 1, length + 1, 20, 64 + 1])(
    'is refused with a salt of %i bytes',
    async (saltLength) => {
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      const token = signedBy(algorithm, (input, key) =>
        sign(`sha${algorithm.slice(2)}`, input, { key, padding, saltLength }),
      );
      expectInvalidToken(await sendToAll(token), 'bad_signature');
    },
  );
});

describe('an issuer', () => {
  let other: TestIssuer;
  let api: TestApp | undefined;

  beforeEach(async () => {
    other = await startTestIssuer();
  });
  afterEach(async () => {
    await api?.close();
    await other.close();
  });

  const start = async (allowed: string) => {
    api = await createAuthApp(other, { variables: { TOKEN_ALGORITHMS: allowed } });
    return (header: object, key: KeyObject, really?: string) =>
      api!.get(
        '/secured',
        signToken({ typ: 'JWT', ...header }, other.claims({ scopes: ['read:reports'] }), key, really),
      );
  };
  const publish = (key: KeyObject, members: object) =>
    other.additionalKeys.push({ ...key.export({ format: 'jwk' }), ...members });

  it('may give an RSA and an EC key one name: each verifies its own algorithm', async () => {
    const { kid, privateKey } = other.signingKey;
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    publish(ec.publicKey, { kid, alg: 'ES256' });
    const send = await start('RS256,ES256');
    expectExpenses(await send({ alg: 'RS256', kid }, privateKey));
    expectExpenses(await send({ alg: 'ES256', kid }, ec.privateKey));
    expectInvalidToken(await send({ alg: 'RS256', kid }, ec.privateKey, 'ES256'), 'bad_signature');
    expectInvalidToken(await send({ alg: 'ES256', kid }, privateKey, 'RS256'), 'bad_signature');
  });

  it('that says no algorithm of a key has it serve the first allowed one that fits, and no other', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    publish(rsa.publicKey, { kid: 'plain' });
    const send = await start('PS256,RS256');
    expectExpenses(await send({ alg: 'PS256', kid: 'plain' }, rsa.privateKey));
    expectInvalidToken(await send({ alg: 'RS256', kid: 'plain' }, rsa.privateKey), 'key_of_other_algorithm');
  });

  it('that calls its algorithm Ed25519 is understood, in key and header, and Ed448 is not', async () => {
    const ed = generateKeyPairSync('ed25519');
    const ed448 = generateKeyPairSync('ed448');
    publish(ed.publicKey, { kid: 'new name', alg: 'Ed25519' });
    publish(ed448.publicKey, { kid: '448', alg: 'EdDSA' });
    const send = await start('EdDSA');
    for (const alg of ['Ed25519', 'EdDSA'])
      expectExpenses(await send({ alg, kid: 'new name' }, ed.privateKey));
    expectInvalidToken(await send({ alg: 'EdDSA', kid: '448' }, ed448.privateKey), 'unknown_key');
    expectInvalidToken(await send({ alg: 'EdDSA', kid: 'new name' }, ed448.privateKey), 'bad_signature');
  });

  it('whose key is on a curve that its algorithm does not have publishes no key at all', async () => {
    const wrong = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    publish(wrong.publicKey, { kid: 'wrong', alg: 'ES256' });
    const send = await start('RS256,ES256');
    for (const really of ['ES256', 'ES384']) {
      expectInvalidToken(await send({ alg: 'ES256', kid: 'wrong' }, wrong.privateKey, really), 'unknown_key');
    }
  });
});
