import { constants, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { CACHE_FOLDER } from './settings.js';

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = (namedCurve, hash) => ({
  generate: () => generateKeyPairSync('ec', { namedCurve }),
  hash,
  // As RFC 7518, 3.4 wants ECDSA signatures.
  options: { dsaEncoding: 'ieee-p1363' },
});
const KINDS = {
  RS256: { generate: rsa, hash: 'sha256' },
  PS256: {
    generate: rsa,
    hash: 'sha256',
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
  },
  ES256: ec('P-256', 'sha256'),
  ES384: ec('P-384', 'sha384'),
  ES512: ec('P-521', 'sha512'),
  EdDSA: { generate: () => generateKeyPairSync('ed25519'), hash: null },
};

/** The algorithms (RFC 7518, 3.1; RFC 8037) that tokens of the benchmark can be signed with. */
export const ALGORITHMS = Object.keys(KINDS);

const signAsync = promisify(sign);

/**
 * The issuer's key for an algorithm, RSA with 2048 bits; made once and kept, because the kept tokens are signed with it.
 *
 * @returns `{ algorithm, kid, privateKey }`
 */
export function signingKey(algorithm) {
  mkdirSync(CACHE_FOLDER, { recursive: true });
  const file = `${CACHE_FOLDER}key-${algorithm}.pem`;
  if (!existsSync(file)) {
    const { privateKey } = KINDS[algorithm].generate();
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  }
  return {
    algorithm,
    kid: `Nk0zQTY4QjE2RDlG-${algorithm}`,
    privateKey: createPrivateKey(readFileSync(file)),
  };
}

/** A key of a client (RFC 9449), kept nowhere. */
export function proofKey(algorithm) {
  return { algorithm, ...KINDS[algorithm].generate() };
}

/** The key set as the issuer publishes it (RFC 7517). */
export function publicKeySet(algorithm) {
  const { kid, privateKey } = signingKey(algorithm);
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' });
  return { keys: [{ ...jwk, kid, use: 'sig', alg: algorithm }] };
}

/** Signs a token (RFC 7515, 3.1). */
export async function signToken({ algorithm, privateKey }, header, claims) {
  const { hash, options } = KINDS[algorithm];
  const input = `${encode({ alg: algorithm, ...header })}.${encode(claims)}`;
  const signature = await signAsync(hash, Buffer.from(input), { key: privateKey, ...options });
  return `${input}.${signature.toString('base64url')}`;
}

function encode(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
