import { normalizeIP } from '@fastify/rate-limit';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import {
  type AccessCheck,
  AccessChecks,
  type AuthError,
  type AuthenticatedRequest,
  InvalidDpopProof,
  InvalidRequest,
  InvalidToken,
} from '../auth/index.js';
import type { Environment } from '../config/environment.js';
import { clientAddress } from '../http/client-address.js';
import { REDIS } from '../redis/redis.module.js';
import { RateLimiter } from './rate-limiter.js';
import { TooManyRequests } from './too-many-requests.js';

/** How many addresses are kept waiting at once. */
const MAX_ADDRESSES = 10_000;

/**
 * Limits the failed authentications of each address (FAILED_AUTH_LIMIT per minute; IPv6: of each /64 network). An
 * address with too many has to wait, and what it sends meanwhile is refused before any of it is verified. Tokens that
 * were verified earlier still pass, so somebody who floods us from behind the same address shuts out nobody who is in.
 *
 * A failure counts when the credentials are refused, token or proof, whether or not the client waits for the answer. Only
 * those in headers count: a token in a query or body can be put there by any web page that somebody of the same network
 * looks at. The waiting addresses are few, so good requests pay nothing for it.
 */
@Injectable()
export class FailedAuthLimit implements AccessCheck, OnModuleInit {
  private readonly limiter: RateLimiter;
  /** Until when each waits, in milliseconds since the epoch. */
  private readonly waiting = new LRUCache<string, number>({ max: MAX_ADDRESSES });

  constructor(
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
    private readonly checks: AccessChecks,
    config: ConfigService<Environment, true>,
    @Inject(REDIS) redis?: Redis,
  ) {
    const max = config.get('FAILED_AUTH_LIMIT', { infer: true });
    this.limiter = new RateLimiter({
      name: 'failures',
      code: 'too_many_failures',
      max,
      keyOf: addressOf,
      redis,
    });
  }

  onModuleInit(): void {
    this.limiter.register(this.adapterHost.httpAdapter.getInstance());
    this.checks.add(this);
  }

  /** @throws TooManyRequests 429 */
  beforeVerification(request: AuthenticatedRequest): void {
    if (this.waiting.size === 0) return;
    const address = addressOf(request as FastifyRequest);
    const milliseconds = (this.waiting.get(address) ?? 0) - Date.now();
    if (milliseconds > 0) throw new TooManyRequests('too_many_failures', Math.ceil(milliseconds / 1000));
    this.waiting.delete(address);
  }

  /** Counts what was an attempt; the answer does not wait for it. */
  onRefusal(request: AuthenticatedRequest, error: AuthError): void {
    if (isAttempt(error)) void this.countFailure(request as FastifyRequest);
  }

  private async countFailure(request: FastifyRequest): Promise<void> {
    try {
      await this.limiter.count(request);
    } catch (error) {
      // Any other error says that nobody could count. Nobody awaits this, so it would end the process.
      if (!(error instanceof TooManyRequests)) return;
      this.waiting.set(addressOf(request), Date.now() + error.retryAfterSeconds * 1000);
    }
  }
}

function isAttempt(error: AuthError): boolean {
  // That a nonce is missing is how a client learns it, and no attempt.
  return (
    error instanceof InvalidToken ||
    error instanceof InvalidDpopProof ||
    (error instanceof InvalidRequest && error.place === 'header')
  );
}

function addressOf(request: FastifyRequest): string {
  return normalizeIP(clientAddress(request));
}
