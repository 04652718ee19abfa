import { type DynamicModule, Module } from '@nestjs/common';
import type { Environment } from '../config/environment.js';
import { FailedAuthLimit } from './failed-auth.limit.js';
import { SubjectLimit } from './subject.limit.js';

/** The limits that are on; one that is off (0) is not there at all. Both are checks of access, made by the guards. */
@Module({})
export class LimitsModule {
  static forRoot({ RATE_LIMIT, FAILED_AUTH_LIMIT }: Environment): DynamicModule {
    return {
      module: LimitsModule,
      providers: [
        ...(RATE_LIMIT > 0 ? [SubjectLimit] : []),
        ...(FAILED_AUTH_LIMIT > 0 ? [FailedAuthLimit] : []),
      ],
    };
  }
}
