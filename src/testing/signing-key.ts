import { generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** An RSA key pair of 2048 bits under a name of its own. */
export interface SigningKey extends KeyPair {
  readonly kid: string;
}

// Making an RSA key costs some 100 ms, so issuers that were closed leave theirs to later ones, under a new name.
const idle: KeyPair[] = [];

/** A key that no other issuer of this process has at the moment. */
export async function takeSigningKey(): Promise<SigningKey> {
  const { publicKey, privateKey } = idle.pop() ?? (await generate('rsa', { modulusLength: 2048 }));
  return { kid: randomBytes(9).toString('base64url'), publicKey, privateKey };
}

/** Leaves a key to later issuers. */
export function giveBack(key: SigningKey): void {
  idle.push(key);
}

/** A key as a member of a key set (RFC 7517, 4). */
export function toJwk({ kid, publicKey }: SigningKey): Record<string, unknown> {
  return { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' };
}
