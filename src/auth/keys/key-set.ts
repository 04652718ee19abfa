import type { KeyObject } from 'node:crypto';
import {
  algorithmNamed,
  DEFAULT_ALGORITHMS,
  fits,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
} from './algorithms.js';
import { importPublicKey, type UnusableKey } from './public-key.js';

/** A key of an issuer, and the one algorithm that it serves (RFC 8725, 3.1). */
export interface VerificationKey {
  readonly key: KeyObject;
  readonly algorithm: SigningAlgorithm;
}

/** Why a member of a key set is not used. */
export type SkippedKey = 'not_an_object' | 'other_type' | 'other_use' | 'other_algorithm' | UnusableKey;

/** The keys that serve one algorithm. */
interface KeyGroup {
  readonly all: VerificationKey[];
  readonly named: Map<string, VerificationKey[]>;
  readonly nameless: VerificationKey[];
}

const NONE: KeyGroup = { all: [], named: new Map(), nameless: [] };

/** The keys of an issuer that can verify signatures by one of the allowed algorithms (RFC 7517, 5). Immutable. */
export class KeySet {
  private readonly groups = new Map<SigningAlgorithm, KeyGroup>();
  /** How many members were left out, by reason: one that we cannot use must not spoil the others. */
  readonly skipped: Readonly<Partial<Record<SkippedKey, number>>>;
  /** What signatures the members that were left out could verify, if that were allowed. */
  readonly otherAlgorithms: readonly SigningAlgorithm[];
  /** Every key. */
  readonly all: readonly VerificationKey[];

  /**
   * @param members of any kind
   * @param allowed algorithms; a key without `alg` serves the first of them that fits its type and curve
   */
  constructor(members: readonly unknown[], allowed: readonly SigningAlgorithm[] = DEFAULT_ALGORITHMS) {
    const skipped: Partial<Record<SkippedKey, number>> = {};
    const others = new Set<SigningAlgorithm>();
    for (const member of members) {
      const key = importKey(member, allowed, others);
      if (typeof key === 'string') skipped[key] = (skipped[key] ?? 0) + 1;
      else this.add(key, (member as { kid?: unknown }).kid);
    }
    this.skipped = skipped;
    this.otherAlgorithms = [...others];
    this.all = [...this.groups.values()].flatMap(({ all }) => all);
  }

  /** How many keys there are. */
  get size(): number {
    return this.all.length;
  }

  /** The keys that serve an algorithm. */
  of(algorithm: SigningAlgorithm): readonly VerificationKey[] {
    return this.group(algorithm).all;
  }

  /** The keys of this `kid` that serve an algorithm; names need not be unique (RFC 7517, 4.5). */
  withId(kid: string, algorithm: SigningAlgorithm): readonly VerificationKey[] {
    return this.group(algorithm).named.get(kid) ?? [];
  }

  /** The keys without `kid` that serve an algorithm. */
  withoutId(algorithm: SigningAlgorithm): readonly VerificationKey[] {
    return this.group(algorithm).nameless;
  }

  /** Whether there is a key of this `kid`, whatever it serves. */
  hasId(kid: string): boolean {
    return [...this.groups.values()].some(({ named }) => named.has(kid));
  }

  /** Whether this very key, by its material and its algorithm, is in the set. */
  has({ key, algorithm }: VerificationKey): boolean {
    return this.of(algorithm).some((other) => other.key === key || other.key.equals(key));
  }

  private group(algorithm: SigningAlgorithm): KeyGroup {
    return this.groups.get(algorithm) ?? NONE;
  }

  private add(key: VerificationKey, kid: unknown): void {
    let group = this.groups.get(key.algorithm);
    if (!group) this.groups.set(key.algorithm, (group = { all: [], named: new Map(), nameless: [] }));
    group.all.push(key);
    if (typeof kid !== 'string' || kid === '') group.nameless.push(key);
    else group.named.set(kid, [...(group.named.get(kid) ?? []), key]);
  }
}

/** A JWK as a key, or why it cannot verify signatures by an allowed algorithm (RFC 7517, 4). */
function importKey(
  member: unknown,
  allowed: readonly SigningAlgorithm[],
  others: Set<SigningAlgorithm>,
): VerificationKey | SkippedKey {
  if (typeof member !== 'object' || member === null) return 'not_an_object';
  const jwk = member as Record<string, unknown>;
  const { kty, use, key_ops: operations } = jwk;
  if (kty !== 'RSA' && kty !== 'EC' && kty !== 'OKP') return 'other_type';
  if (use !== undefined && use !== 'sig') return 'other_use';
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    return 'other_use';
  const algorithm = servedAlgorithm(jwk, allowed);
  if (algorithm === undefined) {
    const other = servedAlgorithm(jwk, SIGNING_ALGORITHMS);
    if (other) others.add(other);
    return 'other_algorithm';
  }
  const key = importPublicKey(jwk);
  return typeof key === 'string' ? key : { key, algorithm };
}

/** The one algorithm that a key serves: its `alg`, else the first of these that fits its type and curve. */
function servedAlgorithm(
  jwk: Record<string, unknown>,
  candidates: readonly SigningAlgorithm[],
): SigningAlgorithm | undefined {
  const wanted = jwk.alg === undefined ? undefined : algorithmNamed(jwk.alg);
  if (jwk.alg !== undefined && wanted === undefined) return undefined;
  return candidates.find((name) => (wanted === undefined || name === wanted) && fits(name, jwk));
}
