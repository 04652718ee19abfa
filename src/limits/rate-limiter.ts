import rateLimit, { type RateLimitPluginOptions } from '@fastify/rate-limit';
import { Logger } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Redis } from 'ioredis';
import { refusalOf } from '../redis/redis.refusal.js';

const WINDOW_MS = 60_000;
/** How many keys are counted in memory; the least recently seen ones are forgotten. */
const MAX_KEYS_IN_MEMORY = 50_000;
/** How long Redis is left alone after it failed, in milliseconds, so that its time-out is not paid on every request. */
const PAUSE_MS = 1000;

/** How to count requests. */
export interface RateLimiterOptions {
  /** Names the counter, for Redis. */
  readonly name: string;
  /** Requests per minute. */
  readonly max: number;
  /** Whom a request is counted for. */
  readonly keyOf: (request: FastifyRequest) => string;
  /** Where several processes count together. */
  readonly redis?: Redis;
}

type Limiter = ReturnType<FastifyInstance['createRateLimit']>;

/** Counts requests per minute with @fastify/rate-limit: in Redis, else, and while Redis is away, in memory. */
export class RateLimiter {
  private readonly logger = new Logger(RateLimiter.name);
  private shared?: Limiter;
  private local?: Limiter;
  private pauseUntil = 0;
  private isAlone = false;

  constructor(private readonly options: RateLimiterOptions) {}

  /** Sets the counters up; they exist once `fastify` is ready. */
  register(fastify: FastifyInstance): void {
    const { name, max, keyOf, redis } = this.options;
    const common = { global: false, max, timeWindow: WINDOW_MS, keyGenerator: keyOf };
    const add = (settings: RateLimitPluginOptions, use: (limiter: Limiter) => void) =>
      // In a context of its own, because the plugin gives each one counter.
      void fastify.register(async (context) => {
        await context.register(rateLimit, { ...common, ...settings });
        use(context.createRateLimit());
      });
    add({ cache: MAX_KEYS_IN_MEMORY }, (limiter) => (this.local = limiter));
    if (redis) {
      add({ redis, nameSpace: `expenses-api:${name}:` }, (limiter) => (this.shared = limiter));
    }
  }

  /**
   * Counts a request.
   *
   * @returns after how many seconds there is room again, when there were too many; else 0
   */
  async count(request: FastifyRequest): Promise<number> {
    const result = (await this.countShared(request)) ?? (await this.local!(request));
    return result.isAllowed || !result.isExceeded ? 0 : Math.max(1, result.ttlInSeconds);
  }

  private async countShared(request: FastifyRequest): Promise<Awaited<ReturnType<Limiter>> | undefined> {
    if (!this.shared || performance.now() < this.pauseUntil) return undefined;
    try {
      const result = await this.shared(request);
      if (this.isAlone) this.logger.log('Redis counts again');
      this.isAlone = false;
      return result;
    } catch (error) {
      if (!this.isAlone)
        this.logger.warn(`Redis does not count (${refusalOf(error)}): this process counts for itself`);
      this.isAlone = true;
      this.pauseUntil = performance.now() + PAUSE_MS;
      return undefined;
    }
  }
}
