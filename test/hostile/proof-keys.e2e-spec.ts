import {
  constants,
  createHash,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SIGNING_ALGORITHMS } from '../../src/auth/index.js';
import { DpopClient } from '../../src/testing/dpop-client.js';
import { signToken, startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { BoundCaller, expectAccepted, expectRefused, type Forge, SECURED } from '../support/bound-caller.js';
import { expectExpenses, expectInvalidProof } from '../support/refusal.js';

// The keys and signatures of proofs. `strict` allows what is allowed by default, `api` every algorithm there is.

const ALL = [...SIGNING_ALGORITHMS, 'Ed25519'].join(' ');

let issuer: TestIssuer;
let api: TestApp;
let strict: TestApp;
let caller: BoundCaller;

beforeAll(async () => {
  issuer = await startTestIssuer();
  api = await createAuthApp(issuer, { variables: { DPOP_ALGORITHMS: SIGNING_ALGORITHMS.join(',') } });
  strict = await createAuthApp(issuer);
  caller = new BoundCaller(issuer, strict);
});
afterAll(async () => {
  await api?.close();
  await strict?.close();
  await issuer?.close();
});

const jwkOf = (key: KeyObject) => key.export({ format: 'jwk' }) as Record<string, unknown>;
const rsa = (modulusLength: number, publicExponent?: number) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent });
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });

/** The thumbprint of what a header says to be a key, whatever is wrong with it (RFC 7638, 3). */
function thumbprintOf({ kty, crv, x, y, n, e }: Record<string, unknown>): string {
  const members = { EC: { crv, kty, x, y }, OKP: { crv, kty, x }, RSA: { e, kty, n } }[String(kty)];
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}

/** Sends a proof with this key, for a token that is bound to it, signed as `alg` says by `signer`. */
async function sendBy(
  app: TestApp,
  jwk: Record<string, unknown>,
  alg: string,
  signer?: KeyObject,
  how = alg,
) {
  const token = issuer.tokenFor({ scopes: ['read:reports'], cnf: { jkt: thumbprintOf(jwk) } });
  const claims = {
    jti: randomUUID(),
    htm: 'GET',
    htu: SECURED,
    iat: Math.floor(Date.now() / 1000),
    ath: createHash('sha256').update(token).digest('base64url'),
  };
  const dpop = signToken({ typ: 'dpop+jwt', alg, jwk }, claims, signer, how) + (signer ? '' : 'AAAA');
  return new BoundCaller(issuer, app).send(token, dpop);
}

const RSA = rsa(2048);
const keys = {
  'an RSA key': { pair: RSA, algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] },
  'a key of P-256': { pair: ec('P-256'), algorithms: ['ES256'] },
  'a key of P-384': { pair: ec('P-384'), algorithms: ['ES384'] },
  'a key of P-521': { pair: ec('P-521'), algorithms: ['ES512'] },
  'a key of secp256k1': { pair: ec('secp256k1'), algorithms: [] },
  'a key of Ed25519': { pair: generateKeyPairSync('ed25519'), algorithms: ['EdDSA', 'Ed25519'] },
  'a key of Ed448': { pair: generateKeyPairSync('ed448'), algorithms: [] },
} as const;

/** In what way a key can sign at all. */
const ownWay = { rsa: 'RS256', ec: 'ES256', ed25519: 'EdDSA', ed448: 'EdDSA' } as Record<string, string>;

describe.each(Object.entries(keys))('%s', (_title, { pair, algorithms }) => {
  const jwk = jwkOf(pair.publicKey);
  const { asymmetricKeyType: type } = pair.privateKey;

  it.each([...SIGNING_ALGORITHMS, 'Ed25519'])('serves proofs by %s only where it fits', async (alg) => {
    const fits = (algorithms as readonly string[]).includes(alg);
    const how = alg === 'Ed25519' ? 'EdDSA' : alg;
    const answer = await sendBy(api, jwk, alg, pair.privateKey, fits ? how : ownWay[type!]);
    if (fits) expectExpenses(answer);
    else expectInvalidProof(answer, 'unusable_proof_key', ALL);
  });
});

describe('an algorithm that is not allowed is refused', () => {
  it.each<unknown>(['ES384', 'ES512', 'PS384', 'RS384', 'RS512'])(
    '%s, which the settings could allow',
    async (alg) => {
      await expectRefused(
        caller,
        (subject, client, jti) => {
          return client.proof(subject, { jti }, { alg });
        },
        'unsupported_proof_algorithm',
      );
    },
  );

  it.each<unknown>(
    ['none', 'None', 'nOnE', 'HS256', 'HS384', 'HS512', 'es256', 'ES256 ', ' ES256', 'ES256K', 'RS1'].concat(
      ['Ed448', 'RSA-OAEP', 'dir', '__proto__', 'constructor', ''],
      [null, 0, true, ['ES256'], undefined] as never[],
    ),
  )('%j, with a genuine signature', async (alg) => {
    await expectRefused(
      caller,
      (subject, client, jti) => {
        return client.proof(subject, { jti }, { alg });
      },
      'unsupported_proof_algorithm',
    );
  });

  it.each(['HS256', 'HS384', 'HS512'])('%s with the public key for a secret', async (alg) => {
    const { publicKey } = ec('P-256');
    const jwk = jwkOf(publicKey);
    for (const secret of [publicKey.export({ type: 'spki', format: 'pem' }), JSON.stringify(jwk), jwk.x]) {
      const key = createSecretKey(Buffer.from(secret as string));
      expectInvalidProof(await sendBy(strict, jwk, alg, key), 'unsupported_proof_algorithm');
    }
  });
});

describe('a key that gives too much away is refused', () => {
  it.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])('by its member %s', async (name) => {
    for (const value of ['AAAA', '', null, 1]) {
      await expectRefused(
        caller,
        (subject, client, jti) => {
          return client.proof(subject, { jti }, { jwk: { ...client.jwk, [name]: value } });
        },
        'private_proof_key',
      );
    }
  });

  it.each<[string, () => KeyObject, string]>([
    ['the whole private key of P-256', () => ec('P-256').privateKey, 'ES256'],
    ['the whole private RSA key', () => RSA.privateKey, 'RS256'],
    ['the whole private key of Ed25519', () => generateKeyPairSync('ed25519').privateKey, 'EdDSA'],
  ])('as %s', async (_title, make, alg) => {
    const key = make();
    expectInvalidProof(await sendBy(strict, jwkOf(key), alg, key), 'private_proof_key');
  });

  it.each<[string, object]>([
    ['symmetric', { kty: 'oct', k: 'AAAA' }],
    ['symmetric, and empty', { kty: 'oct' }],
  ])('that is %s', async (_title, jwk) => {
    await expectRefused(
      caller,
      (subject, client, jti) => client.proof(subject, { jti }, { jwk }),
      'private_proof_key',
    );
  });
});

describe('what is no public key for the algorithm is refused', () => {
  const point = jwkOf(ec('P-256').publicKey);
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', JSON.stringify(point)],
    ['a number', 1],
    ['a list', [point]],
    ['an empty object', {}],
    ['a set of keys', { keys: [point] }],
    ['a key without type', { ...point, kty: undefined }],
    ['a key of a type in small letters', { ...point, kty: 'ec' }],
    ['a key of a type of another algorithm', { ...point, kty: 'RSA' }],
    ['a key of the type OKP with a curve of EC', { ...point, kty: 'OKP' }],
    ['a key of an unknown type', { ...point, kty: 'AKP' }],
    ['a key of the type __proto__', { ...point, kty: '__proto__' }],
    ['a key of the type constructor', { ...point, kty: 'constructor' }],
    ['a key of a list of types', { ...point, kty: ['EC'] }],
    ['a key without curve', { ...point, crv: undefined }],
    ['a key of another curve', { ...point, crv: 'P-384' }],
    ['a key of a curve by its other name', { ...point, crv: 'secp256r1' }],
    ['a key of a curve in small letters', { ...point, crv: 'p-256' }],
    ['a key without x', { ...point, x: undefined }],
    ['a key without y', { ...point, y: undefined }],
    ['a key with an empty x', { ...point, x: '' }],
    ['a key with a numeric x', { ...point, x: 1 }],
    ['a key with padding', { ...point, x: `${String(point.x)}=` }],
    ['a key with the other base64', { ...point, x: `+${String(point.x).slice(1)}` }],
    ['a key with a space', { ...point, x: ` ${String(point.x)}` }],
    ['a key for encryption', { ...point, use: 'enc' }],
    ['a key for nothing', { ...point, use: null }],
    ['a key for signing only', { ...point, key_ops: ['sign'] }],
    ['a key whose operations are text', { ...point, key_ops: 'verify' }],
    ['a key for another algorithm', { ...point, alg: 'ES384' }],
    ['a key for the algorithm none', { ...point, alg: 'none' }],
    ['a key for an algorithm that is null', { ...point, alg: null }],
  ])('%s', async (_title, jwk) => {
    await expectRefused(
      caller,
      (subject, client, jti) => client.proof(subject, { jti }, { jwk }),
      'unusable_proof_key',
    );
  });

  const x = Buffer.from(String(point.x), 'base64url');
  const zeros = Buffer.alloc(32).toString('base64url');
  const { n, e } = jwkOf(RSA.publicKey) as { n: string; e: string };
  const small = rsa(1024);
  const x25519 = jwkOf(generateKeyPairSync('x25519').publicKey);
  it.each<[string, Record<string, unknown>, string, KeyObject | undefined]>([
    ['a point that is not on its curve', { ...point, y: point.x }, 'ES256', undefined],
    ['the point at infinity', { ...point, x: zeros, y: zeros }, 'ES256', undefined],
    [
      'a point with a byte too many',
      { ...point, x: Buffer.concat([x, x]).toString('base64url') },
      'ES256',
      undefined,
    ],
    ['a point with a byte too few', { ...point, x: x.subarray(1).toString('base64url') }, 'ES256', undefined],
    [
      'a key of X25519 that says to be of Ed25519',
      { ...x25519, crv: 'Ed25519', x: 'AAAA' },
      'EdDSA',
      undefined,
    ],
    ['an RSA key of 1024 bits', jwkOf(small.publicKey), 'RS256', small.privateKey],
    ['an RSA key of 1024 bits, for PS256', jwkOf(small.publicKey), 'PS256', small.privateKey],
    ['an RSA key of 2 bits', { kty: 'RSA', n: 'Aw', e }, 'RS256', undefined],
    ['an RSA key with the exponent 1', { kty: 'RSA', n, e: 'AQ' }, 'RS256', undefined],
    ['an RSA key with the exponent 0', { kty: 'RSA', n, e: 'AA' }, 'RS256', undefined],
    [
      'an RSA key of 12,000 bits',
      { kty: 'RSA', n: Buffer.alloc(1500, 255).toString('base64url'), e },
      'RS256',
      undefined,
    ],
  ])('%s, though a token is bound to it', async (_title, jwk, alg, signer) => {
    expectInvalidProof(await sendBy(strict, jwk, alg, signer), 'unusable_proof_key');
  });

  it('a certificate or a name in its place', async () => {
    const header = { jwk: undefined, kid: issuer.signingKey.kid, x5c: ['AAAA'], 'x5t#S256': 'AAAA' };
    await expectRefused(
      caller,
      (subject, client, jti) => client.proof(subject, { jti }, header),
      'unusable_proof_key',
    );
  });

  it('an address where it could be fetched, which nobody fetches', async () => {
    let hits = 0;
    const attacker = createServer((_request, response) => {
      hits += 1;
      response.end();
    }).listen(0, '127.0.0.1');
    await once(attacker, 'listening');
    const url = `http://127.0.0.1:${(attacker.address() as AddressInfo).port}/keys`;
    for (const name of ['jku', 'x5u']) {
      await expectRefused(
        caller,
        (subject, client, jti) => client.proof(subject, { jti }, { jwk: undefined, [name]: url }),
        'unusable_proof_key',
      );
      await expectAccepted(caller, (subject, client) => client.proof(subject, {}, { [name]: url }));
    }
    attacker.close();
    expect(hits).toBe(0);
  });
});

describe('a key that is good, and not the one that the token is bound to, is refused', () => {
  it.each<[string, Forge]>([
    ['of another client', (subject) => new DpopClient().proof(subject)],
    ['of another client by another algorithm', (subject) => new DpopClient('EdDSA').proof(subject)],
    [
      'of another client, under the name of the right one',
      (subject, client) => new DpopClient().proof(subject, {}, { kid: client.confirmation.jkt }),
    ],
    [
      'the first of two of one name',
      (subject, client, jti) => {
        const [header = '', claims = ''] = client.proof(subject, { jti }).split('.');
        const second = `,"jwk":${JSON.stringify(new DpopClient().jwk)}}`;
        const text = Buffer.from(header, 'base64url').toString().slice(0, -1) + second;
        return signToken(text, Buffer.from(claims, 'base64url').toString(), client.privateKey, 'ES256');
      },
    ],
    [
      'the right one in another spelling',
      (subject, client, jti) => {
        const other = { A: 'B', E: 'F', I: 'J', M: 'N', Q: 'R', U: 'V', Y: 'Z', c: 'd', g: 'h', k: 'l' };
        const more = { o: 'p', s: 't', w: 'x', '0': '1', '4': '5', '8': '9' };
        const y = String(client.jwk.y).replace(/.$/, (last) => ({ ...other, ...more })[last] as string);
        return client.proof(subject, { jti }, { jwk: { ...client.jwk, y } });
      },
    ],
    [
      'the other point of the right one',
      (subject, client, jti) => client.proof(subject, { jti }, { jwk: { ...client.jwk, y: client.jwk.x } }),
    ],
  ])('%s', async (_title, forge) => {
    await expectRefused(caller, forge, 'wrong_proof_key');
  });
});

/** A proof of the right content, signed in any way. */
const signedBy =
  (make: (input: Buffer, key: KeyObject, genuine: Buffer) => Buffer): Forge =>
  (subject, client, jti) => {
    const [header, claims, signature = ''] = client.proof(subject, { jti }).split('.');
    const input = `${header}.${claims}`;
    const bytes = make(Buffer.from(input), client.privateKey, Buffer.from(signature, 'base64url'));
    return `${input}.${bytes.toString('base64url')}`;
  };

describe('a signature that does not fit is refused', () => {
  it.each<[string, Forge]>([
    ['of another key', (subject, client, jti) => client.proof(subject, { jti }, {}, ec('P-256').privateKey)],
    [
      'of other content',
      signedBy((_input, key) => sign('sha256', Buffer.from('x'), { key, dsaEncoding: 'ieee-p1363' })),
    ],
    ['in ASN.1', signedBy((input, key) => sign('sha256', input, key))],
    ['by another hash', signedBy((input, key) => sign('sha512', input, { key, dsaEncoding: 'ieee-p1363' }))],
    ['with one bit changed', signedBy((_input, _key, good) => good.fill(good[9]! ^ 1, 9, 10))],
    ['a byte too long', signedBy((_input, _key, good) => Buffer.concat([good, Buffer.alloc(1)]))],
    ['a byte too short', signedBy((_input, _key, good) => good.subarray(1))],
    ['of zeros', signedBy(() => Buffer.alloc(64))],
    ['of the order of the curve', signedBy(() => Buffer.concat([ORDER, ORDER]))],
    ['of r alone', signedBy((_input, _key, good) => good.fill(0, 32))],
    [
      'with its halves changed about',
      signedBy((_input, _key, good) => Buffer.concat([good.subarray(32), good.subarray(0, 32)])),
    ],
    ['of one byte', signedBy(() => Buffer.alloc(1))],
    ['of 1000 bytes', signedBy(() => Buffer.alloc(1000, 1))],
    [
      'of the first of its claims, which were changed',
      (subject, client, jti) => {
        const [header, , signature] = client.proof({ ...subject, method: 'POST' }, { jti }).split('.');
        const [, claims] = client.proof(subject, { jti }).split('.');
        return `${header}.${claims}.${signature}`;
      },
    ],
  ])('%s', async (_title, forge) => {
    await expectRefused(caller, forge, 'bad_proof_signature');
  });

  const { RSA_PKCS1_PSS_PADDING: padding } = constants;
  it.each<[string, string, string]>([
    ['of PS256 as RS256', 'RS256', 'PS256'],
    ['of RS256 as PS256', 'PS256', 'RS256'],
  ])('%s', async (_title, alg, how) => {
    const answer = await sendBy(strict, jwkOf(RSA.publicKey), alg, RSA.privateKey, how);
    expectInvalidProof(answer, 'bad_proof_signature');
  });

  it.each([0, 20, 31, 33])('of PS256 with a salt of %i bytes', async (saltLength) => {
    const other = new BoundCaller(issuer, strict, new DpopClient('PS256'));
    await expectRefused(
      other,
      signedBy((input, key) => sign('sha256', input, { key, padding, saltLength })),
      'bad_proof_signature',
    );
  });

  it.each<[string, (good: Buffer) => Buffer]>([
    ['of zeros', () => Buffer.alloc(64)],
    ['a byte too long', (good) => Buffer.concat([good, Buffer.alloc(1)])],
    ['whose s is not reduced', (good) => plusOrder(good)],
  ])('of Ed25519 %s', async (_title, change) => {
    const other = new BoundCaller(issuer, strict, new DpopClient('EdDSA'));
    await expectRefused(
      other,
      signedBy((_input, _key, good) => change(good)),
      'bad_proof_signature',
    );
  });
});

/** The order of P-256. */
const ORDER = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
/** The order of the base point of Ed25519. */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The same signature of Ed25519 but for an s that is larger by the order (RFC 8032, 5.1.7 has it refused). */
function plusOrder(signature: Buffer): Buffer {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32).toReversed()).toString('hex')}`) + L;
  const bytes = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').toReversed();
  return Buffer.concat([signature.subarray(0, 32), bytes]);
}
