import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import * as fc from 'fast-check';
import { KeySet } from './key-set.js';

const rsa = (modulusLength = 2048, publicExponent = 65_537): JsonWebKey =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'jwk' });
const one = rsa();
const two = rsa();

it('keeps keys by name, several under one name, and those without name', () => {
  const set = new KeySet([
    { ...one, kid: 'a', use: 'sig', alg: 'RS256' },
    { ...two, kid: 'a' },
    { ...two, kid: 'b', key_ops: ['verify'] },
    one,
    { ...two, kid: 7 },
    { ...two, kid: '' },
  ]);
  expect(set.withId('a', 'RS256')).toHaveLength(2);
  expect(set.withId('b', 'RS256')).toHaveLength(1);
  expect(set.withoutId('RS256')).toHaveLength(3);
  expect(set.size).toBe(6);
  expect(set.skipped).toStrictEqual({});
});

it('has no names but those of its keys', () => {
  const set = new KeySet([{ ...one, kid: 'a' }]);
  for (const name of ['__proto__', 'constructor', 'toString', '', 'A'])
    expect(set.withId(name, 'RS256')).toStrictEqual([]);
});

it('knows its keys by their material, not by their name', () => {
  const [key] = new KeySet([{ ...one, kid: 'a' }]).all;
  expect(new KeySet([{ ...one, kid: 'other' }]).has(key!)).toBe(true);
  expect(new KeySet([{ ...two, kid: 'a' }]).has(key!)).toBe(false);
});

describe('a member that cannot verify RS256 signatures is skipped and counted', () => {
  it.each<[string, unknown, string]>([
    ['null', null, 'not_an_object'],
    ['text', 'key', 'not_an_object'],
    ['a list', [], 'other_type'],
    ['an empty object', {}, 'other_type'],
    ['a symmetric key', { kty: 'oct', k: 'c2VjcmV0', kid: 'a', alg: 'HS256' }, 'other_type'],
    [
      'a symmetric key that poses as RS256',
      { kty: 'oct', k: 'c2VjcmV0', alg: 'RS256', n: one.n, e: one.e },
      'other_type',
    ],
    [
      'an elliptic curve',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
      'other_algorithm',
    ],
    ['Ed25519', generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }), 'other_algorithm'],
    ['a type in small letters', { ...one, kty: 'rsa' }, 'other_type'],
    ['a key for encryption', { ...one, use: 'enc' }, 'other_use'],
    ['a null use', { ...one, use: null }, 'other_use'],
    ['other operations', { ...one, key_ops: ['encrypt', 'wrapKey'] }, 'other_use'],
    ['operations as text', { ...one, key_ops: 'verify' }, 'other_use'],
    ['another algorithm', { ...one, alg: 'RS512' }, 'other_algorithm'],
    ['PSS', { ...one, alg: 'PS256' }, 'other_algorithm'],
    ['RSA for encryption', { ...one, alg: 'RSA-OAEP' }, 'other_algorithm'],
    ['no modulus', { ...one, n: undefined }, 'unusable'],
    ['a modulus of another type', { ...one, n: 1 }, 'unusable'],
    ['an empty modulus', { ...one, n: '' }, 'weak'],
    ['no exponent', { ...one, e: undefined }, 'unusable'],
    ['an exponent of one', { ...one, e: 'AQ' }, 'weak'],
    ['1024 bits', rsa(1024), 'weak'],
    ['2047 bits', rsa(2047), 'weak'],
    ['a modulus of 16384 bits', { ...one, n: Buffer.alloc(2048, 255).toString('base64url') }, 'unusable'],
  ])('%s', (_title, member, reason) => {
    const set = new KeySet([member, { ...two, kid: 'good' }]);
    expect(set.skipped).toStrictEqual({ [reason]: 1 });
    expect(set.all).toHaveLength(1);
    expect(set.withId('good', 'RS256')).toHaveLength(1);
  });

  it('whatever it is, and without an error', () => {
    const member = fc.oneof(
      fc.anything(),
      fc.record({
        kty: fc.constantFrom('RSA', 'EC'),
        n: fc.anything(),
        e: fc.anything(),
        kid: fc.anything(),
      }),
      fc.record({ kty: fc.constant('RSA'), n: fc.base64String(), e: fc.base64String() }),
    );
    fc.assert(
      fc.property(fc.array(member, { maxLength: 10 }), (members) => {
        const set = new KeySet([...members, { ...one, kid: 'good' }]);
        const skipped = Object.values(set.skipped).reduce((sum, count) => sum + count, 0);
        expect(set.size + skipped).toBe(members.length + 1);
        expect(set.withId('good', 'RS256')).toHaveLength(1);
      }),
    );
  });
});

it('never takes the private part of a key that was published by mistake', () => {
  const published = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  const [key] = new KeySet([published]).all;
  expect(key?.key.type).toBe('public');
});
