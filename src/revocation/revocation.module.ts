import { type DynamicModule, Module } from '@nestjs/common';
import { AccessChecks } from '../auth/index.js';
import type { Environment } from '../config/environment.js';
import { Database } from '../database/database.js';
import { BackchannelLogoutController } from './backchannel-logout.controller.js';
import { Revocations } from './revocations.js';
import { RevocationsRepository } from './revocations.repository.js';

/** Revocation of tokens that have not expired yet; with REVOCATION=off nothing of it is there. */
@Module({})
export class RevocationModule {
  static forRoot({ REVOCATION, REVOCATION_KEEP, REVOCATION_ON_OUTAGE }: Environment): DynamicModule {
    if (REVOCATION === 'off') return { module: RevocationModule };
    const settings = { keepSeconds: REVOCATION_KEEP, onOutage: REVOCATION_ON_OUTAGE };
    return {
      module: RevocationModule,
      // For those who report on it.
      global: true,
      controllers: [BackchannelLogoutController],
      providers: [
        {
          provide: Revocations,
          inject: [Database, AccessChecks],
          useFactory: (database: Database, checks: AccessChecks) =>
            new Revocations(new RevocationsRepository(database, REVOCATION_KEEP), checks, settings),
        },
      ],
      exports: [Revocations],
    };
  }
}
