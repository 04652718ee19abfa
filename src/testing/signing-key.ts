import { generateKeyPair, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);

/** The algorithms that keys are made for. */
export type KeyAlgorithm = (typeof algorithms)[number];

const algorithms = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA'] as const),
];

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** A key pair under a name of its own; RSA ones have 2048 bits. */
export interface SigningKey extends KeyPair {
  readonly kid: string;
  /** What it signs by. Default RS256. */
  readonly algorithm?: KeyAlgorithm;
}

// Making an RSA key costs some 100 ms, so issuers that were closed leave theirs to later ones, under a new name.
const idle: KeyPair[] = [];

/** A key that no other issuer of this process has at the moment. */
export async function takeSigningKey(algorithm: KeyAlgorithm = 'RS256'): Promise<SigningKey> {
  const { publicKey, privateKey } = await pairFor(algorithm);
  return { kid: randomBytes(9).toString('base64url'), algorithm, publicKey, privateKey };
}

async function pairFor(algorithm: KeyAlgorithm): Promise<KeyPair> {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519');
  const namedCurve = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[algorithm as string];
  if (namedCurve !== undefined) return generateKeyPairSync('ec', { namedCurve });
  return idle.pop() ?? (await generate('rsa', { modulusLength: 2048 }));
}

/** Leaves a key to later issuers. */
export function giveBack({ publicKey, privateKey }: SigningKey): void {
  if (publicKey.asymmetricKeyType === 'rsa') idle.push({ publicKey, privateKey });
}

/** A key as a member of a key set (RFC 7517, 4). */
export function toJwk({ kid, publicKey, algorithm = 'RS256' }: SigningKey): Record<string, unknown> {
  return { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: algorithm };
}
