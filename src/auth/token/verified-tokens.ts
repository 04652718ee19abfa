import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { AUTH_OPTIONS, type AuthOptions, DEFAULT_CLOCK_TOLERANCE_SECONDS } from '../auth.options.js';
import type { TrustedIssuer } from '../issuers/trusted-issuer.js';
import { TrustedIssuers } from '../issuers/trusted-issuers.js';
import type { VerificationKey } from '../keys/key-set.js';
import type { Principal } from './principal.js';

interface VerifiedToken {
  readonly token: string;
  readonly principal: Principal;
  readonly key: VerificationKey;
  readonly issuer: TrustedIssuer;
  /** Milliseconds since the epoch; a clock that is set back makes this matter again. */
  readonly goodFrom: number;
  /** Milliseconds since the epoch. */
  readonly goodUntil: number;
}

/**
 * Access tokens that were verified a while ago, so that their signature need not be verified again. A hit is for the
 * very same token, as long as it has not expired and its key is still the issuer's: remembered or not, a token is good
 * for exactly what its claims and the current key set say. Only successes are kept.
 */
@Injectable()
export class VerifiedTokens {
  private readonly entries?: LRUCache<string, VerifiedToken>;
  private readonly toleranceSeconds: number;

  constructor(
    @Inject(AUTH_OPTIONS) options: AuthOptions,
    private readonly issuers: TrustedIssuers,
  ) {
    const max = options.verifiedTokens ?? 10_000;
    this.entries = max > 0 ? new LRUCache({ max }) : undefined;
    this.toleranceSeconds = options.clockToleranceSeconds ?? DEFAULT_CLOCK_TOLERANCE_SECONDS;
    issuers.onKeyChange((issuer, isCurrent) =>
      this.forget((entry) => entry.issuer === issuer && !isCurrent(entry.key)),
    );
  }

  /** How many tokens are remembered. */
  get size(): number {
    return this.entries?.size ?? 0;
  }

  /** The principal of a token that was verified before, and that is still good. */
  find(token: string): Principal | undefined {
    const entry = this.entries?.get(indexOf(token));
    if (entry === undefined || entry.token !== token) return undefined;
    const now = Date.now();
    if (entry.goodFrom <= now && now < entry.goodUntil) return entry.principal;
    this.entries?.delete(indexOf(token));
    return undefined;
  }

  /** Remembers a token that has just been verified, unless its key left the set while that took place. */
  add(token: string, principal: Principal, key: VerificationKey): void {
    const issuer = this.issuers.named(principal.issuer);
    if (!issuer?.keys.isCurrent(key)) return;
    const { iat = 0, nbf = 0 } = principal.claims as { iat?: number; nbf?: number };
    const goodFrom = (Math.max(iat, nbf) - this.toleranceSeconds) * 1000;
    const goodUntil = (principal.expiresAt + this.toleranceSeconds) * 1000;
    this.entries?.set(indexOf(token), { token, principal, key, issuer, goodFrom, goodUntil });
  }

  /** Forgets all, so that each token is verified anew. */
  clear(): void {
    this.entries?.clear();
  }

  private forget(isGone: (entry: VerifiedToken) => boolean): void {
    for (const [index, entry] of this.entries?.entries() ?? [])
      if (isGone(entry)) this.entries?.delete(index);
  }
}

/**
 * Where a token is kept: the end of its signature. Hashing all of it on every request would cost more than everything
 * else; tokens that share an end are told apart by the full comparison that follows.
 */
function indexOf(token: string): string {
  return token.slice(-43);
}
