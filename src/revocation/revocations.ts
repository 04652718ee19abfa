import { setTimeout } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import {
  type AccessCheck,
  AccessChecks,
  type AuthenticatedRequest,
  InvalidToken,
  type Principal,
} from '../auth/index.js';
import { ServiceUnavailable } from '../problems/problem.exception.js';
import { type RevocationKey, revocationKeysOf } from './revocation.keys.js';
import type { Revocation, RevocationsRepository } from './revocations.repository.js';

/** How often the database is asked for what is new, in milliseconds: four times in the second that a revocation may take. */
const INTERVAL_MS = 250;
/** After how long without an answer revocations are not known any more, in milliseconds. */
const OUTAGE_MS = 5000;
/** After how long everything is read anew: what is new reaches further back than that, by more than a statement may take. */
const GAP_MS = 15_000;
/** How long the start waits for the first answer, in milliseconds. */
const PATIENCE_MS = 2000;
/** How often what every token has outlived is forgotten, in milliseconds. */
const SWEEP_MS = 600_000;
const RETRY_AFTER_SECONDS = 5;

/** How revocations are treated. */
export interface RevocationSettings {
  /** Whether tokens are good while it cannot be known which are revoked. */
  readonly onOutage: 'allow' | 'deny';
  /** How long a revocation is kept, in seconds. */
  readonly keepSeconds: number;
}

/**
 * Refuses tokens that were revoked, remembered or not, at every request and without waiting for anything: all revocations
 * are in memory. What other processes revoke is read from the database every quarter of a second, which every database and
 * every pooler can do, and which notices by itself when the database is away.
 *
 * @throws InvalidToken 401
 * @throws ServiceUnavailable 503 while revocations are not known, if that is to be so
 */
@Injectable()
export class Revocations implements AccessCheck, OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(Revocations.name);
  private readonly notBefore = new Map<string, number>();
  private readonly keys = new WeakMap<Principal, readonly RevocationKey[]>();
  private readonly closing = new AbortController();
  private readAt = -Infinity;
  private sweptAt = performance.now();
  private isAway = false;

  constructor(
    private readonly repository: RevocationsRepository,
    private readonly checks: AccessChecks,
    readonly settings: RevocationSettings,
  ) {}

  async onModuleInit(): Promise<void> {
    this.checks.add(this);
    const { signal } = this.closing;
    const first = this.read();
    await Promise.race([first, setTimeout(PATIENCE_MS, undefined, { signal, ref: false }).catch(() => {})]);
    void first.then(() => this.keepReading());
  }

  onModuleDestroy(): void {
    this.closing.abort();
  }

  /** How many revocations are known. */
  get size(): number {
    return this.notBefore.size;
  }

  /** Seconds since the database last said what is revoked. */
  get ageSeconds(): number {
    return (performance.now() - this.readAt) / 1000;
  }

  /** Whether the revocations of other processes are not known at the moment. */
  get isOutdated(): boolean {
    return performance.now() - this.readAt > OUTAGE_MS;
  }

  /** Whether something may be older than what is read as new. Reading all of very many takes longer than an outage does. */
  private get hasGap(): boolean {
    return performance.now() - this.readAt > GAP_MS;
  }

  /**
   * Revokes, in this process at once and in the others within a second.
   *
   * @throws DatabaseUnavailable; then it holds in this process only, and is to be repeated
   */
  async revoke(revocations: readonly Revocation[]): Promise<void> {
    this.learn(revocations);
    await this.repository.add(revocations);
  }

  /** @throws InvalidToken 401, ServiceUnavailable 503 */
  afterVerification(_request: AuthenticatedRequest, principal: Principal): void {
    if (this.isOutdated && this.settings.onOutage === 'deny') {
      throw new ServiceUnavailable('revocations_unavailable', RETRY_AFTER_SECONDS);
    }
    if (this.notBefore.size > 0 && this.isRevoked(principal)) throw new InvalidToken('revoked_token');
  }

  /** A token without `iat` may be of any time. One of the very second is refused: times of tokens are in whole seconds. */
  private isRevoked(principal: Principal): boolean {
    const iat = (principal.claims.iat as number | undefined) ?? -Infinity;
    return this.keysOf(principal).some(({ id, isFinal }) => {
      const notBefore = this.notBefore.get(id);
      return notBefore !== undefined && (isFinal || iat <= notBefore);
    });
  }

  /** Remembered tokens keep their principal, and with it what was hashed. */
  private keysOf(principal: Principal): readonly RevocationKey[] {
    const known = this.keys.get(principal);
    if (known) return known;
    const keys = revocationKeysOf(principal);
    this.keys.set(principal, keys);
    return keys;
  }

  private async keepReading(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      await setTimeout(INTERVAL_MS, undefined, { signal, ref: false }).catch(() => {});
      if (!signal.aborted) await this.read();
    }
  }

  private async read(): Promise<void> {
    const askedAt = performance.now();
    try {
      this.learn(await this.repository.read(this.hasGap ? 'all' : 'recent'));
      this.readAt = askedAt;
      if (this.isAway) this.logger.log('It is known again which tokens are revoked');
      this.isAway = false;
    } catch (error) {
      if (this.isAway || this.closing.signal.aborted) return;
      this.isAway = true;
      this.logger.warn(`It is not known which tokens are revoked: ${(error as Error).message}`);
    }
  }

  private learn(revocations: readonly Revocation[]): void {
    for (const { id, notBefore } of revocations) {
      if (notBefore > (this.notBefore.get(id) ?? -Infinity)) this.notBefore.set(id, notBefore);
    }
    if (performance.now() - this.sweptAt > SWEEP_MS) this.sweep();
  }

  private sweep(): void {
    this.sweptAt = performance.now();
    const oldest = Date.now() / 1000 - this.settings.keepSeconds;
    for (const [id, notBefore] of this.notBefore) if (notBefore < oldest) this.notBefore.delete(id);
  }
}
