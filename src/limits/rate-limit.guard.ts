import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  type OnModuleInit,
} from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { Redis } from 'ioredis';
import type { Principal } from '../auth/index.js';
import type { Environment } from '../config/environment.js';
import { REDIS } from '../redis/redis.module.js';
import { RateLimiter } from './rate-limiter.js';
import { TooManyRequests } from './too-many-requests.js';

type AuthenticatedRequest = FastifyRequest & { user?: Principal };

/**
 * Limits the requests of each subject (RATE_LIMIT per minute). Runs after the guards that establish who it is; requests
 * to public routes have no subject and are not counted.
 *
 * @throws TooManyRequests 429
 */
@Injectable()
export class RateLimitGuard implements CanActivate, OnModuleInit {
  private readonly limiter: RateLimiter;

  constructor(
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
    config: ConfigService<Environment, true>,
    @Inject(REDIS) redis?: Redis,
  ) {
    this.limiter = new RateLimiter({
      name: 'requests',
      max: config.get('RATE_LIMIT', { infer: true }),
      keyOf: (request: AuthenticatedRequest) => request.user!.subject,
      redis,
    });
  }

  onModuleInit(): void {
    this.limiter.register(this.adapterHost.httpAdapter.getInstance());
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (request.user === undefined) return true;
    const retryAfterSeconds = await this.limiter.count(request);
    if (retryAfterSeconds > 0) throw new TooManyRequests('too_many_requests', retryAfterSeconds);
    return true;
  }
}
