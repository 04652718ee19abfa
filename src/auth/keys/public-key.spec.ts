import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { importPublicKey } from './public-key.js';

const jwkOf = (key: KeyObject): Record<string, unknown> => ({ ...key.export({ format: 'jwk' }) });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const modulus = (bits: number) => {
  const bytes = Buffer.alloc(Math.ceil(bits / 8), 255);
  bytes[0] = 2 ** (((bits - 1) % 8) + 1) - 1;
  return bytes.toString('base64url');
};

it.each([
  ['RSA', rsa],
  ['EC', ec],
  ['Ed25519', ed],
])('a JWK of %s becomes its public key', (_title, { publicKey }) => {
  const key = importPublicKey(jwkOf(publicKey)) as KeyObject;
  expect(key.equals(publicKey)).toBe(true);
});

it('a private JWK that was published by mistake becomes the public key', () => {
  for (const { publicKey, privateKey } of [rsa, ec, ed]) {
    const key = importPublicKey(jwkOf(privateKey)) as KeyObject;
    expect(key.type).toBe('public');
    expect(key.equals(publicKey)).toBe(true);
  }
});

it.each([
  [2047, 'weak'],
  [1024, 'weak'],
  [8193, 'unusable'],
  [16_384, 'unusable'],
])('an RSA modulus of %i bits is %s', (bits, reason) => {
  expect(importPublicKey({ kty: 'RSA', n: modulus(bits), e: 'AQAB' })).toBe(reason);
});

it.each([2048, 4096, 8192])('an RSA modulus of %i bits is used', (bits) => {
  const key = importPublicKey({ kty: 'RSA', n: modulus(bits), e: 'AQAB' }) as KeyObject;
  expect(key.asymmetricKeyDetails?.modulusLength).toBe(bits);
});

it.each([
  ['1', 'AQ', 'weak'],
  ['2', 'Ag', 'weak'],
])('an RSA exponent of %s is %s', (_title, e, reason) => {
  expect(importPublicKey({ kty: 'RSA', n: modulus(2048), e })).toBe(reason);
});

it('an RSA exponent of 3 is used', () => {
  expect(importPublicKey({ kty: 'RSA', n: modulus(2048), e: 'Aw' })).toMatchObject({ type: 'public' });
});

it.each<[string, Record<string, unknown>]>([
  ['without a type', {}],
  ['of a secret', { kty: 'oct', k: 'AAAA' }],
  ['of an inherited type', { kty: 'constructor' }],
  ['of a type that is a list', { kty: ['RSA'], n: modulus(2048), e: 'AQAB', crv: 'P-256' }],
  ['of RSA without exponent', { kty: 'RSA', n: modulus(2048) }],
  ['of RSA without modulus', { kty: 'RSA', e: 'AQAB' }],
  ['of RSA with a number', { kty: 'RSA', n: 5, e: 'AQAB' }],
  ['of EC without y', { ...jwkOf(ec.publicKey), y: undefined }],
  ['of EC with a number', { ...jwkOf(ec.publicKey), x: 1 }],
  ['of EC off its curve', { ...jwkOf(ec.publicKey), y: jwkOf(ec.publicKey).x }],
  ['of EC on a curve that is none', { ...jwkOf(ec.publicKey), crv: 'P-111' }],
  ['of EC under the name of a larger curve', { ...jwkOf(ec.publicKey), crv: 'P-384' }],
  ['of OKP without curve', { ...jwkOf(ed.publicKey), crv: undefined }],
  ['of OKP too short', { ...jwkOf(ed.publicKey), x: 'AAAA' }],
])('a JWK %s is unusable', (_title, jwk) => {
  expect(importPublicKey(jwk)).toBe('unusable');
});
