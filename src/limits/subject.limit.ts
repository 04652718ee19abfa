import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Redis } from 'ioredis';
import { type AccessCheck, AccessChecks, type AuthenticatedRequest, type Principal } from '../auth/index.js';
import type { Environment } from '../config/environment.js';
import { REDIS } from '../redis/redis.module.js';
import { RateLimiter } from './rate-limiter.js';

/**
 * Limits the requests of each subject of each issuer (RATE_LIMIT per minute), those included that lack a scope: it is
 * asked when the caller is known, and before the scopes. Requests to public routes have no subject and are not counted.
 * Every answer to a caller that is known tells the state of the limit.
 *
 * @throws TooManyRequests 429
 */
@Injectable()
export class SubjectLimit implements AccessCheck, OnModuleInit {
  private readonly limiter: RateLimiter;

  constructor(
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
    private readonly checks: AccessChecks,
    config: ConfigService<Environment, true>,
    @Inject(REDIS) redis?: Redis,
  ) {
    this.limiter = new RateLimiter({
      name: 'requests',
      code: 'too_many_requests',
      max: config.get('RATE_LIMIT', { infer: true }),
      keyOf: (request: FastifyRequest & { user?: Principal }) =>
        `${request.user!.issuer} ${request.user!.subject}`,
      redis,
    });
  }

  onModuleInit(): void {
    this.limiter.register(this.adapterHost.httpAdapter.getInstance());
    this.checks.add(this);
  }

  /** Counts the request. @throws TooManyRequests 429 */
  afterVerification(
    request: AuthenticatedRequest,
    _principal: Principal,
    reply?: FastifyReply,
  ): Promise<void> {
    return this.limiter.count(request as FastifyRequest, reply);
  }
}
