import {
  constants,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
} from 'node:crypto';
import * as fc from 'fast-check';
import {
  algorithmNamed,
  fits,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  verifySignature,
} from './algorithms.js';

const input = 'eyJhbGciOiJ4In0.eyJzdWIiOiJhbGljZSJ9';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const curves = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' } as const;
/** The order of each curve's group (SEC 2, 2.4.2, 2.5.1, 2.6.1). */
const orders = {
  ES256: 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  ES384: 'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  ES512: `01${'a51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409'.padStart(130, 'f')}`,
};
const pairs = Object.fromEntries(
  SIGNING_ALGORITHMS.map((name) => {
    if (name === 'EdDSA') return [name, generateKeyPairSync('ed25519')];
    const namedCurve = curves[name as keyof typeof curves];
    return [name, namedCurve ? generateKeyPairSync('ec', { namedCurve }) : rsa];
  }),
) as Record<SigningAlgorithm, { publicKey: KeyObject; privateKey: KeyObject }>;

const jwk = (pair: { publicKey: KeyObject }): JsonWebKey => pair.publicKey.export({ format: 'jwk' });
const fitting = (key: JsonWebKey) => SIGNING_ALGORITHMS.filter((name) => fits(name, key));
const read = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex')}`);

interface Signing {
  readonly saltLength?: number;
  readonly isDer?: boolean;
  readonly key?: KeyObject;
  readonly text?: string;
}

/** A signature as RFC 7518 and RFC 8037 want it, unless told otherwise. */
function signatureBy(name: SigningAlgorithm, { saltLength, isDer, key, text = input }: Signing = {}): Buffer {
  const privateKey = key ?? pairs[name].privateKey;
  const bytes = Buffer.from(text);
  if (name === 'EdDSA') return sign(undefined, bytes, privateKey);
  const hash = `sha${name.slice(2)}`;
  if (name.startsWith('RS')) return sign(hash, bytes, privateKey);
  if (name.startsWith('ES'))
    return sign(hash, bytes, { key: privateKey, dsaEncoding: isDer ? 'der' : 'ieee-p1363' });
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return sign(hash, bytes, { key: privateKey, padding, saltLength: saltLength ?? Number(name.slice(2)) / 8 });
}

const verifies = (name: SigningAlgorithm, signature: Buffer, key = pairs[name].publicKey, text = input) =>
  verifySignature(name, key, text, signature.toString('base64url'));

describe.each(SIGNING_ALGORITHMS)('%s', (name) => {
  it('verifies what was signed by it, and nothing else', () => {
    const signature = signatureBy(name);
    expect(verifies(name, signature)).toBe(true);
    expect(verifies(name, signature, pairs[name].publicKey, `${input}A`)).toBe(false);
    const ofSameType = SIGNING_ALGORITHMS.filter(
      (other) =>
        other !== name &&
        pairs[other].publicKey.asymmetricKeyType === pairs[name].publicKey.asymmetricKeyType,
    );
    for (const other of ofSameType) expect(verifies(name, signatureBy(other))).toBe(false);
  });

  it('verifies no signature with a bit, a byte or all of it changed', () => {
    const signature = signatureBy(name);
    fc.assert(
      fc.property(fc.nat(signature.length * 8 - 1), (bit) => {
        const changed = Buffer.from(signature);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        return !verifies(name, changed);
      }),
      { numRuns: 50 },
    );
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.alloc(1),
      Buffer.alloc(signature.length),
      Buffer.alloc(signature.length, 255),
      signature.subarray(1),
      signature.subarray(0, -1),
      Buffer.concat([signature, Buffer.alloc(1)]),
      Buffer.concat([Buffer.alloc(1), signature]),
      Buffer.concat([signature, signature]),
    ]) {
      expect(verifies(name, bytes)).toBe(false);
    }
  });
});

describe.each(SIGNING_ALGORITHMS.filter((name) => /^[RP]S/.test(name)))('%s', (name) => {
  it('verifies no signature that lacks the zero byte at its beginning', () => {
    let text = input;
    let signature = signatureBy(name);
    // One in 256 begins so.
    while (signature[0] !== 0) {
      text += 'A';
      signature = signatureBy(name, { text });
    }
    const key = pairs[name].publicKey;
    expect(verifies(name, signature, key, text)).toBe(true);
    expect(verifies(name, signature.subarray(1), key, text)).toBe(false);
  });
});

describe.each(Object.keys(curves) as (keyof typeof curves)[])('%s', (name) => {
  const half = { ES256: 32, ES384: 48, ES512: 66 }[name];
  const order = BigInt(`0x${orders[name]}`);
  const scalar = (value: bigint) => Buffer.from(value.toString(16).padStart(half * 2, '0'), 'hex');
  const parts = (signature: Buffer) => [signature.subarray(0, half), signature.subarray(half)] as const;

  it('takes r and s in their full length only, not in ASN.1 (RFC 7518, 3.4)', () => {
    expect(verifies(name, signatureBy(name, { isDer: true }))).toBe(false);
    const [r, s] = parts(signatureBy(name));
    expect(verifies(name, Buffer.concat([Buffer.alloc(1), r, Buffer.alloc(1), s]))).toBe(false);
  });

  it('takes no r or s that is zero, the order of the curve, or beyond it', () => {
    const [r, s] = parts(signatureBy(name));
    const outside = [0n, order, order + 1n, (1n << BigInt(half * 8)) - 1n];
    // The same number modulo the order, where that fits into the length: only the one in range may count.
    const wrapped = [read(r) + order, read(s) + order].filter((value) => value < 1n << BigInt(half * 8));
    for (const value of [...outside, ...wrapped].map(scalar)) {
      expect(verifies(name, Buffer.concat([value, s]))).toBe(false);
      expect(verifies(name, Buffer.concat([r, value]))).toBe(false);
      expect(verifies(name, Buffer.concat([value, value]))).toBe(false);
    }
    expect(verifies(name, Buffer.concat([r, s]))).toBe(true);
  });

  it('takes no signature of a key of the same curve that is another', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: curves[name] });
    expect(verifies(name, signatureBy(name, { key: privateKey }))).toBe(false);
  });
});

it.each(['PS256', 'PS384', 'PS512'] as const)('%s takes a salt as long as the hash only', (name) => {
  const length = Number(name.slice(2)) / 8;
  for (const saltLength of [0, length - 1, length + 1, 20]) {
    expect(verifies(name, signatureBy(name, { saltLength }))).toBe(false);
  }
});

describe('a name', () => {
  it('is that of an algorithm when it is exactly so written', () => {
    for (const name of SIGNING_ALGORITHMS) expect(algorithmNamed(name)).toBe(name);
    for (const name of [
      'none',
      'HS256',
      'Ed448',
      'ES256K',
      'ed25519',
      'RS1',
      'toString',
      '__proto__',
      null,
      7,
      {},
    ]) {
      expect(algorithmNamed(name)).toBeUndefined();
    }
  });

  it('of the curve means EdDSA (RFC 9864)', () => {
    expect(algorithmNamed('Ed25519')).toBe('EdDSA');
  });
});

it('a key fits the algorithms of its type and curve', () => {
  expect(fitting(jwk(rsa))).toStrictEqual(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']);
  for (const name of [...(Object.keys(curves) as (keyof typeof curves)[]), 'EdDSA'] as const) {
    expect(fitting(jwk(pairs[name]))).toStrictEqual([name]);
  }
  expect(fitting(jwk(generateKeyPairSync('ed448')))).toStrictEqual([]);
  expect(fitting(jwk(generateKeyPairSync('x25519')))).toStrictEqual([]);
  expect(fitting(jwk(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })))).toStrictEqual([]);
  expect(createPublicKey({ format: 'jwk', key: jwk(rsa) }).type).toBe('public');
});
