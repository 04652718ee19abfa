import { createPublicKey, type KeyObject } from 'node:crypto';

/** Shortest RSA modulus that is used, in bits (RFC 7518, 3.3). */
export const MIN_MODULUS_BITS = 2048;
/** Longest RSA modulus that is used, in bits: verification time grows with its square. */
export const MAX_MODULUS_BITS = 8192;

/** Why a member of a key set is not used. */
export type SkippedKey =
  'not_an_object' | 'other_type' | 'other_use' | 'other_algorithm' | 'unusable' | 'weak';

/** The keys of an issuer that can verify RS256 signatures, ready for use (RFC 7517, 5). Immutable. */
export class KeySet {
  private readonly named = new Map<string, KeyObject[]>();
  private readonly nameless: KeyObject[] = [];
  /** How many members were left out, by reason: one that we cannot use must not spoil the others. */
  readonly skipped: Readonly<Partial<Record<SkippedKey, number>>>;
  /** Every key, those with a name first. */
  readonly all: readonly KeyObject[];

  constructor(members: readonly unknown[]) {
    const skipped: Partial<Record<SkippedKey, number>> = {};
    for (const member of members) {
      const key = importKey(member);
      if (typeof key === 'string') skipped[key] = (skipped[key] ?? 0) + 1;
      else this.add(key, (member as { kid?: unknown }).kid);
    }
    this.skipped = skipped;
    this.all = [...[...this.named.values()].flat(), ...this.nameless];
  }

  /** How many keys there are. */
  get size(): number {
    return this.all.length;
  }

  /** The keys that have this `kid`; names need not be unique (RFC 7517, 4.5). */
  withId(kid: string): readonly KeyObject[] {
    return this.named.get(kid) ?? [];
  }

  /** The keys without `kid`. */
  get withoutId(): readonly KeyObject[] {
    return this.nameless;
  }

  /** Whether this very key, by its material, is in the set. */
  has(key: KeyObject): boolean {
    return this.all.some((other) => other === key || other.equals(key));
  }

  private add(key: KeyObject, kid: unknown): void {
    if (typeof kid !== 'string' || kid === '') {
      this.nameless.push(key);
      return;
    }
    const sameName = this.named.get(kid);
    if (sameName) sameName.push(key);
    else this.named.set(kid, [key]);
  }
}

/** A JWK as a public key, or why it cannot verify RS256 signatures (RFC 7517, 4; RFC 7518, 6.3). */
function importKey(member: unknown): KeyObject | SkippedKey {
  if (typeof member !== 'object' || member === null) return 'not_an_object';
  const { kty, use, key_ops: operations, alg, n, e } = member as Record<string, unknown>;
  if (kty !== 'RSA') return 'other_type';
  if (use !== undefined && use !== 'sig') return 'other_use';
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    return 'other_use';
  if (alg !== undefined && alg !== 'RS256') return 'other_algorithm';
  if (typeof n !== 'string' || typeof e !== 'string') return 'unusable';
  try {
    // Only the public parameters: whatever else the issuer published by mistake is not looked at.
    const key = createPublicKey({ format: 'jwk', key: { kty, n, e } });
    const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
    if (modulusLength < MIN_MODULUS_BITS || publicExponent < 3n) return 'weak';
    return modulusLength > MAX_MODULUS_BITS ? 'unusable' : key;
  } catch {
    return 'unusable';
  }
}
