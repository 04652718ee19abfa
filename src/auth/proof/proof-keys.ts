import { hash, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { algorithmNamed, fits } from '../keys/algorithms.js';
import { importPublicKey } from '../keys/public-key.js';
import { isObject } from '../token/claims.js';

/** The key that a proof brings along, as far as its face shows. */
export interface ProofKey {
  /** SHA-256 thumbprint in base64url (RFC 7638, 3): the one in a bound token's `cnf.jkt`. */
  readonly thumbprint: string;
  /** The public members only, in the order of RFC 7638. */
  readonly jwk: Readonly<Record<string, string>>;
}

/** How many imported keys are kept; some 2 kB each. */
const MAX_KEYS = 1000;
/** What identifies a key of each type, in the order in which it is hashed (RFC 7638, 3.2; RFC 8037, 2). */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
};
/** Members that only private or symmetric keys have (RFC 7518, 6). */
export const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** Whether a key gives away more than its public half. */
export function isSecret(jwk: unknown): boolean {
  if (typeof jwk !== 'object' || jwk === null) return false;
  return (jwk as { kty?: unknown }).kty === 'oct' || SECRET_MEMBERS.some((name) => Object.hasOwn(jwk, name));
}

/** Whether a JWK is a public key whose type, curve and own restrictions fit the algorithm (RFC 7517, 4). */
export function fitsAlgorithm(jwk: unknown, alg: unknown): jwk is Record<string, string> {
  if (!isObject(jwk)) return false;
  const algorithm = algorithmNamed(alg);
  return (
    algorithm !== undefined &&
    fits(algorithm, jwk) &&
    MEMBERS[jwk.kty as string]!.every((name) => isBase64url(jwk[name])) &&
    (jwk.alg === undefined || algorithmNamed(jwk.alg) === algorithm) &&
    (jwk.use === undefined || jwk.use === 'sig') &&
    (jwk.key_ops === undefined || (Array.isArray(jwk.key_ops) && jwk.key_ops.includes('verify')))
  );
}

/** Names of types and curves have no other letters either. */
function isBase64url(value: unknown): boolean {
  return typeof value === 'string' && BASE64URL.test(value);
}

/** The key of a JWK that `fitsAlgorithm`. */
export function toProofKey(jwk: Readonly<Record<string, unknown>>): ProofKey {
  const names = MEMBERS[jwk.kty as string] as readonly string[];
  const members = Object.fromEntries(names.map((name) => [name, jwk[name] as string]));
  return { thumbprint: hash('sha256', JSON.stringify(members), 'base64url'), jwk: members };
}

/** Imported proof keys by thumbprint: importing a key costs as much as verifying with it. */
export class ProofKeys {
  private readonly imported = new LRUCache<string, KeyObject>({ max: MAX_KEYS });

  /** The key, ready to verify; nothing when it is no point of its curve, or an RSA key that is too weak or too large. */
  find({ thumbprint, jwk }: ProofKey): KeyObject | undefined {
    const known = this.imported.get(thumbprint);
    if (known) return known;
    const key = importPublicKey(jwk);
    if (typeof key === 'string') return undefined;
    this.imported.set(thumbprint, key);
    return key;
  }
}
