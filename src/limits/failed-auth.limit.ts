import { normalizeIP } from '@fastify/rate-limit';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { VerifiedTokens } from '../auth/index.js';
import type { Environment } from '../config/environment.js';
import { clientAddress } from '../http/client-address.js';
import { routeOf } from '../http/request.fields.js';
import { REDIS } from '../redis/redis.module.js';
import { RateLimiter } from './rate-limiter.js';
import { TooManyRequests } from './too-many-requests.js';

/** How many addresses are kept waiting at once. */
const MAX_ADDRESSES = 10_000;
/** Refusals of tokens that were good, or of requests that brought none: no attempt to get in. */
const HARMLESS = new Set<string | undefined>([undefined, 'missing_token', 'insufficient_scope']);

/**
 * Limits the failed authentications of each address (FAILED_AUTH_LIMIT per minute; IPv6: of each /64 network). An
 * address with too many has to wait, and what it sends meanwhile is refused before any of it is verified. Tokens that
 * were verified earlier still pass, so somebody who floods us from behind the same address shuts out nobody who is in.
 *
 * Failures are counted after the answer and the waiting addresses are few, so good requests pay nothing for it.
 */
@Injectable()
export class FailedAuthLimit implements OnModuleInit {
  private readonly limiter: RateLimiter;
  /** Until when each waits, in milliseconds since the epoch. */
  private readonly waiting = new LRUCache<string, number>({ max: MAX_ADDRESSES });

  constructor(
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
    private readonly verifiedTokens: VerifiedTokens,
    config: ConfigService<Environment, true>,
    @Inject(REDIS) redis?: Redis,
  ) {
    const max = config.get('FAILED_AUTH_LIMIT', { infer: true });
    this.limiter = new RateLimiter({ name: 'failures', max, keyOf: addressOf, redis });
  }

  onModuleInit(): void {
    const fastify = this.adapterHost.httpAdapter.getInstance();
    this.limiter.register(fastify);
    fastify.addHook('onRequest', (request, _reply, done) => {
      if (this.waiting.size === 0) done();
      else done(this.refusalOf(request));
    });
    fastify.addHook('onResponse', (request, _reply, done) => {
      if (!HARMLESS.has(request.refusalReason)) void this.countFailure(request);
      done();
    });
  }

  private refusalOf(request: FastifyRequest): TooManyRequests | undefined {
    const { authorization } = request.headers;
    if (authorization === undefined || routeOf(request)?.startsWith('/health/')) return undefined;
    const address = addressOf(request);
    const milliseconds = (this.waiting.get(address) ?? 0) - Date.now();
    if (milliseconds <= 0) {
      this.waiting.delete(address);
      return undefined;
    }
    if (this.verifiedTokens.find(authorization.replace(/^Bearer /, ''))) return undefined;
    return new TooManyRequests('too_many_failures', Math.ceil(milliseconds / 1000));
  }

  private async countFailure(request: FastifyRequest): Promise<void> {
    const retryAfterSeconds = await this.limiter.count(request);
    if (retryAfterSeconds > 0) this.waiting.set(addressOf(request), Date.now() + retryAfterSeconds * 1000);
  }
}

function addressOf(request: FastifyRequest): string {
  return normalizeIP(clientAddress(request));
}
