import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { Environment } from '../config/environment.js';
import { FailedAuthLimit } from './failed-auth.limit.js';
import { RateLimitGuard } from './rate-limit.guard.js';

/** The limits that are on; one that is off (0) is not there at all. Import after `AuthModule`: guards run in that order. */
@Module({})
export class LimitsModule {
  static forRoot({ RATE_LIMIT, FAILED_AUTH_LIMIT }: Environment): DynamicModule {
    return {
      module: LimitsModule,
      providers: [
        ...(RATE_LIMIT > 0 ? [{ provide: APP_GUARD, useClass: RateLimitGuard }] : []),
        ...(FAILED_AUTH_LIMIT > 0 ? [FailedAuthLimit] : []),
      ],
    };
  }
}
