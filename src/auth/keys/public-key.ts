import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

/** Shortest RSA modulus that is used, in bits (RFC 7518, 3.3). */
const MIN_MODULUS_BITS = 2048;
/** Longest RSA modulus that is used, in bits: verification time grows with its square. */
const MAX_MODULUS_BITS = 8192;

/** The public parameters of each type of key (RFC 7518, 6; RFC 8037, 2). */
const parameters = { RSA: ['n', 'e'], EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'] } as const;

/** Why a JWK cannot be used: its parameters make no key, or one that is too easily broken. */
export type UnusableKey = 'unusable' | 'weak';

/**
 * A JWK (RFC 7517, 4) as a public key. Only the public parameters count: whatever else was published by mistake, a
 * private one above all, is not looked at. A point that is not on its curve makes no key.
 */
export function importPublicKey(jwk: Readonly<Record<string, unknown>>): KeyObject | UnusableKey {
  const names = Object.hasOwn(parameters, String(jwk.kty)) && parameters[jwk.kty as keyof typeof parameters];
  if (!names || names.some((name) => typeof jwk[name] !== 'string')) return 'unusable';
  const members = Object.fromEntries(names.map((name) => [name, jwk[name]]));
  try {
    const key = createPublicKey({ format: 'jwk', key: { ...members, kty: jwk.kty } as JsonWebKey });
    return key.asymmetricKeyType === 'rsa' ? assessRsa(key) : key;
  } catch {
    return 'unusable';
  }
}

function assessRsa(key: KeyObject): KeyObject | UnusableKey {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < MIN_MODULUS_BITS || publicExponent < 3n) return 'weak';
  return modulusLength > MAX_MODULUS_BITS ? 'unusable' : key;
}
