import { Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { InvalidToken, KeysUnavailable } from '../auth.errors.js';
import { keyRefreshes, type KeyRefresh } from '../auth.events.js';
import type { SharedAuthOptions } from '../auth.options.js';
import type { IssuerOptions } from '../issuers/issuer.options.js';
import { namesIn } from '../issuers/issuer.rules.js';
import { DEFAULT_ALGORITHMS, type SigningAlgorithm } from './algorithms.js';
import { FETCH_TIMEOUT_MS } from './fetch-json.js';
import { discover, type IssuerMetadata, issuerSpellings } from './issuer-metadata.js';
import { type FetchedKeys, fetchKeys, NoUsableKey } from './key-fetcher.js';
import type { KeySet, VerificationKey } from './key-set.js';
import { backOffMs, refreshAfterMs } from './key-schedule.js';

/** How many keys are tried for one token, at most, when its `kid` does not single one out. */
const MAX_CANDIDATES = 8;
/** A timer of Node cannot wait longer, about 24 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** How many unknown `kid` values are remembered. */
const MAX_UNKNOWN_IDS = 1000;

/** What is needed to know an issuer's keys. */
export interface SigningKeysOptions
  extends Pick<IssuerOptions, 'issuerBaseUrl' | 'jwksUri' | 'issuer'>, SharedAuthOptions {
  /** What signatures the keys are for. Default RS256. */
  readonly algorithms?: readonly SigningAlgorithm[];
}

/** Tells which keys are still the issuer's. Called when keys left the set or the issuer changed. */
export type KeyChangeListener = (isCurrent: (key: VerificationKey) => boolean) => void;

/** What can be said about the keys without showing them. */
export interface KeyStatus {
  /** Whether tokens can be verified. */
  readonly usable: boolean;
  /** Whether the last attempt to fetch the keys failed. */
  readonly stale: boolean;
  /** Age of the key set in seconds. */
  readonly ageSeconds?: number;
  readonly count: number;
  /** What signatures the keys could verify that are left out because their algorithm is not allowed. */
  readonly otherAlgorithms: readonly SigningAlgorithm[];
  /** How far the issuer's clock is ahead of ours, in seconds, to about one; negative when it is behind. */
  readonly clockSkewSeconds?: number;
}

/**
 * The current signing keys of one issuer. The whole set is kept, refreshed in the background ahead of its expiry, and served
 * for a bounded time when the issuer cannot be reached. At most one fetch is under way; an unknown `kid` causes at most
 * one per cool-down, and the scheduled ones do not count against it, so a flood of forged tokens cannot hold up a rotation.
 */
export class SigningKeys {
  private readonly logger = new Logger(SigningKeys.name);
  private readonly closing = new AbortController();
  private readonly listeners: KeyChangeListener[] = [];
  private readonly cooldownMs: number;
  private readonly maxStaleMs: number;
  private readonly unknownIds: LRUCache<string, true>;

  private metadata?: IssuerMetadata;
  private keySet?: KeySet;
  private otherAlgorithms: readonly SigningAlgorithm[] = [];
  private clockSkewSeconds?: number;
  private fetchedAt = 0;
  private failures = 0;
  private retryAt = 0;
  private fetchesBegun = 0;
  private lastFetchForIdAt = Number.NEGATIVE_INFINITY;
  private flight?: Promise<void>;
  private refreshTimer?: NodeJS.Timeout;
  private expiryTimer?: NodeJS.Timeout;

  private readonly algorithms: readonly SigningAlgorithm[];
  /** The names that the options give the issuer, if any: then discovery only says where the keys are. */
  private readonly names: readonly string[];

  /** The acceptable `iss` values: those configured, else exactly one as soon as the issuer's metadata are known. */
  issuers: readonly string[];

  constructor(private readonly options: SigningKeysOptions) {
    this.cooldownMs = options.keyCooldownMs ?? 30_000;
    this.maxStaleMs = Math.min(LONGEST_TIMER_MS, (options.keyMaxStaleSeconds ?? 86_400) * 1000);
    this.unknownIds = new LRUCache({ max: MAX_UNKNOWN_IDS, ttl: Math.max(1, 2 * this.cooldownMs) });
    this.algorithms = options.algorithms ?? DEFAULT_ALGORITHMS;
    this.names = namesIn(options);
    const spellings = issuerSpellings(options.issuerBaseUrl);
    this.issuers = this.names.length > 0 ? this.names : spellings;
    if (options.jwksUri) this.use({ issuer: spellings[0], jwksUri: options.jwksUri });
  }

  /** Starts fetching, now and ever again, without waiting for it; `status` says when the keys are there. */
  start(): void {
    this.refreshInBackground();
  }

  /** Ends the fetching for good. */
  stop(): void {
    this.closing.abort();
    clearTimeout(this.refreshTimer);
    clearTimeout(this.expiryTimer);
  }

  /** Calls the listener whenever keys are no longer the issuer's. */
  onChange(listener: KeyChangeListener): void {
    this.listeners.push(listener);
  }

  /**
   * The keys that a token with this `kid` can be signed with (RFC 7515, 4.1.4): those of that name, else those without
   * one; all keys for a token without `kid`; of any only those that serve the algorithm. At once when they are known, else
   * after one fetch.
   *
   * @throws InvalidToken `unknown_key` when the issuer has no such key, `key_of_other_algorithm` when it serves another
   * @throws KeysUnavailable when that cannot be told now
   */
  find(
    kid: string | undefined,
    algorithm: SigningAlgorithm,
  ): readonly VerificationKey[] | Promise<readonly VerificationKey[]> {
    const known = this.known(kid, algorithm);
    return known.length > 0 ? known : this.fetchAndFind(kid, algorithm);
  }

  /**
   * Fetches the keys now, or joins the fetch that is under way.
   *
   * @throws KeysUnavailable when it fails; the last good set stays in use
   */
  refresh(): Promise<void> {
    this.flight ??= this.fetch().finally(() => {
      this.flight = undefined;
    });
    return this.flight;
  }

  /** Whether this very key is one of the issuer's current ones. */
  isCurrent(key: VerificationKey): boolean {
    return this.keySet?.has(key) ?? false;
  }

  /** How the keys are now, for readiness, metrics and whoever else reports on them. */
  status(): KeyStatus {
    return {
      usable: this.keySet !== undefined,
      stale: this.failures > 0,
      ageSeconds: this.keySet && (performance.now() - this.fetchedAt) / 1000,
      count: this.keySet?.size ?? 0,
      otherAlgorithms: this.otherAlgorithms,
      clockSkewSeconds: this.clockSkewSeconds,
    };
  }

  private known(kid: string | undefined, algorithm: SigningAlgorithm): readonly VerificationKey[] {
    if (!this.keySet) return [];
    const keys = kid === undefined ? this.keySet.of(algorithm) : this.keySet.withId(kid, algorithm);
    return keys.length > MAX_CANDIDATES ? keys.slice(0, MAX_CANDIDATES) : keys;
  }

  private async fetchAndFind(
    kid: string | undefined,
    algorithm: SigningAlgorithm,
  ): Promise<readonly VerificationKey[]> {
    const begunBefore = this.fetchesBegun;
    // A key of the same name that serves another algorithm does not make this one known.
    const unknownId = kid === undefined ? undefined : `${algorithm} ${kid}`;
    if (!this.keySet || (unknownId !== undefined && !this.unknownIds.has(unknownId))) {
      await this.fetchFor(kid, algorithm, begunBefore);
      const found = this.known(kid, algorithm);
      if (found.length > 0) return found;
    }
    const nameless = this.keySet?.withoutId(algorithm) ?? [];
    if (nameless.length > 0) return nameless.slice(0, MAX_CANDIDATES);
    if (unknownId !== undefined && this.fetchesBegun > begunBefore) this.unknownIds.set(unknownId, true);
    const isOfOther = kid === undefined ? this.keySet!.size > 0 : this.keySet!.hasId(kid);
    throw new InvalidToken(isOfOther ? 'key_of_other_algorithm' : 'unknown_key');
  }

  private async fetchFor(
    kid: string | undefined,
    algorithm: SigningAlgorithm,
    begunBefore: number,
  ): Promise<void> {
    try {
      await this.fetchIfAllowed();
      // A fetch that was under way before the call may have missed a key that was published meanwhile.
      if (this.fetchesBegun === begunBefore && this.known(kid, algorithm).length === 0) {
        await this.fetchIfAllowed();
      }
    } catch (error) {
      // Keys without a name may fit any token, so it can be judged all the same.
      if (!this.keySet?.withoutId(algorithm).length) throw error;
    }
  }

  /** Fetches, or joins a fetch; does nothing during the cool-down after one that an unknown `kid` caused. */
  private async fetchIfAllowed(): Promise<void> {
    if (!this.flight) {
      const now = performance.now();
      if (this.failures > 0 && now < this.retryAt) throw this.unavailable();
      if (this.keySet && now < this.lastFetchForIdAt + this.cooldownMs) return;
      if (this.keySet) this.lastFetchForIdAt = now;
    }
    await this.refresh();
  }

  private async fetch(): Promise<void> {
    const startedAt = performance.now();
    this.fetchesBegun += 1;
    const signal = AbortSignal.any([AbortSignal.timeout(FETCH_TIMEOUT_MS), this.closing.signal]);
    try {
      // After a failure the metadata are looked up again: the key set may have moved.
      if (!this.options.jwksUri && (!this.metadata || this.failures > 0)) {
        this.use(await discover(this.options.issuerBaseUrl, signal, this.names));
      }
      const { jwksUri } = this.metadata as IssuerMetadata;
      this.accept(await fetchKeys(jwksUri, signal, this.algorithms, this.options.keySetReader));
    } catch (error) {
      if (error instanceof NoUsableKey) this.otherAlgorithms = error.keySet.otherAlgorithms;
      this.fail(startedAt, error);
      throw this.unavailable(error);
    }
  }

  private use(metadata: IssuerMetadata): void {
    const changed = this.metadata !== undefined && this.metadata.issuer !== metadata.issuer;
    this.metadata = metadata;
    if (this.names.length > 0) return;
    this.issuers = [metadata.issuer];
    if (changed) this.announce(() => false);
  }

  private accept({ keySet, maxAgeSeconds, clockSkewSeconds }: FetchedKeys): void {
    const previous = this.keySet;
    if (!previous || this.failures > 0)
      this.logger.log(`Signing keys of ${this.issuers[0]}: ${keySet.size} usable`);
    this.keySet = keySet;
    this.otherAlgorithms = keySet.otherAlgorithms;
    this.clockSkewSeconds = clockSkewSeconds ?? this.clockSkewSeconds;
    this.fetchedAt = performance.now();
    this.failures = 0;
    this.publish('fetched');
    if (previous?.all.some((key) => !keySet.has(key))) this.announce((key) => keySet.has(key));
    this.refreshInBackground(refreshAfterMs(maxAgeSeconds ?? this.options.keyMaxAgeSeconds));
    clearTimeout(this.expiryTimer);
    this.expiryTimer = setTimeout(() => this.expire(), this.maxStaleMs).unref();
  }

  private fail(startedAt: number, error: unknown): void {
    if (this.closing.signal.aborted) return;
    if (this.failures === 0)
      this.logger.error(`Signing keys of ${this.issuers[0]} cannot be fetched: ${describe(error)}`);
    this.failures += 1;
    this.publish('failed');
    this.retryAt = startedAt + backOffMs(this.failures, this.keySet !== undefined);
    this.refreshInBackground(Math.max(100, this.retryAt - performance.now()));
  }

  private expire(): void {
    this.logger.error(
      `Signing keys of ${this.issuers[0]} are too old to be trusted; its access tokens cannot be verified`,
    );
    this.keySet = undefined;
    this.announce(() => false);
    this.refreshInBackground();
  }

  private refreshInBackground(afterMs = 0): void {
    clearTimeout(this.refreshTimer);
    this.refreshTimer = setTimeout(() => {
      this.refresh().catch(() => undefined); // `fail` has logged it and set the next try.
    }, afterMs).unref();
  }

  private announce(isCurrent: (key: VerificationKey) => boolean): void {
    for (const listener of this.listeners) listener(isCurrent);
  }

  private publish(outcome: KeyRefresh['outcome']): void {
    if (keyRefreshes.hasSubscribers) keyRefreshes.publish({ outcome, issuer: this.issuers[0]! });
  }

  private unavailable(cause?: unknown): KeysUnavailable {
    return new KeysUnavailable((this.retryAt - performance.now()) / 1000, { cause });
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
