import rateLimit, { type RateLimitPluginOptions } from '@fastify/rate-limit';
import { Logger } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Redis } from 'ioredis';
import { refusalOf } from '../redis/redis.refusal.js';
import { TooManyRequests } from './too-many-requests.js';

const WINDOW_MS = 60_000;
/** How many keys are counted in memory; the least recently seen ones are forgotten. */
const MAX_KEYS_IN_MEMORY = 50_000;
/** How long Redis is left alone after it failed, in milliseconds, so that its time-out is not paid on every request. */
const PAUSE_MS = 1000;

/** How to count requests. */
export interface RateLimiterOptions {
  /** Names the counter, for Redis. */
  readonly name: string;
  /** What an answer to one request too many is called. */
  readonly code: ConstructorParameters<typeof TooManyRequests>[0];
  /** Requests per minute. */
  readonly max: number;
  /** Whom a request is counted for. */
  readonly keyOf: (request: FastifyRequest) => string;
  /** Where several processes count together. */
  readonly redis?: Redis;
}

/** Counts a request, writes the state of the limit into the headers of a reply, and throws when there were too many. */
type Limiter = (request: FastifyRequest, reply: Pick<FastifyReply, 'header'>) => Promise<unknown>;

/** For requests whose answer is not to tell of the limit. */
const NO_REPLY = { header: () => NO_REPLY } as unknown as Pick<FastifyReply, 'header'>;

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
    const { name, code, max, keyOf, redis } = this.options;
    const common: RateLimitPluginOptions = {
      global: false,
      max,
      timeWindow: WINDOW_MS,
      keyGenerator: keyOf,
      // RateLimit-Limit, -Remaining and -Reset (draft-ietf-httpapi-ratelimit-headers-07).
      enableDraftSpec: true,
      errorResponseBuilder: (_request, { ttl }) =>
        new TooManyRequests(code, Math.max(1, Math.ceil(ttl / 1000))),
    };
    const add = (settings: RateLimitPluginOptions, use: (limiter: Limiter) => void) =>
      // In a context of its own, because the plugin gives each one counter.
      void fastify.register(async (context) => {
        await context.register(rateLimit, { ...common, ...settings });
        use(context.rateLimit() as unknown as Limiter);
      });
    add({ cache: MAX_KEYS_IN_MEMORY }, (limiter) => (this.local = limiter));
    if (redis) {
      add({ redis, nameSpace: `expenses-api:${name}:` }, (limiter) => (this.shared = limiter));
    }
  }

  /**
   * Counts a request.
   *
   * @param reply gets the state of the limit as RateLimit headers
   * @throws TooManyRequests
   */
  async count(request: FastifyRequest, reply: Pick<FastifyReply, 'header'> = NO_REPLY): Promise<void> {
    if (!(await this.countShared(request, reply))) await this.local!(request, reply);
  }

  /** Whether Redis has counted. */
  private async countShared(request: FastifyRequest, reply: Pick<FastifyReply, 'header'>): Promise<boolean> {
    if (!this.shared || performance.now() < this.pauseUntil) return false;
    try {
      await this.shared(request, reply);
      if (this.isAlone) this.logger.log('Redis counts again');
      this.isAlone = false;
      return true;
    } catch (error) {
      if (error instanceof TooManyRequests) throw error;
      if (!this.isAlone)
        this.logger.warn(`Redis does not count (${refusalOf(error)}): this process counts for itself`);
      this.isAlone = true;
      this.pauseUntil = performance.now() + PAUSE_MS;
      return false;
    }
  }
}
