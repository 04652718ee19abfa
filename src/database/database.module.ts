import { Global, Inject, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Environment } from '../config/environment.js';
import type { Logger as PinoLogger } from 'pino';
import { LOGGER } from '../logging/logging.tokens.js';
import { Database } from './database.js';
import { prepareDatabase } from './prepare.js';

/** Opens the database, with the schema of this version, before the application listens; closes it after the last request. */
@Global()
@Module({
  providers: [
    {
      provide: Database,
      inject: [ConfigService, LOGGER],
      useFactory: (config: ConfigService<Environment, true>, logger: PinoLogger) =>
        prepareDatabase(
          {
            DATABASE_URL: config.get('DATABASE_URL', { infer: true }),
            DATABASE_PASSWORD: config.get('DATABASE_PASSWORD', { infer: true }),
            DATABASE_PASSWORD_FILE: config.get('DATABASE_PASSWORD_FILE', { infer: true }),
            DATABASE_MIGRATION_URL: config.get('DATABASE_MIGRATION_URL', { infer: true }),
            DATABASE_POOL_SIZE: config.get('DATABASE_POOL_SIZE', { infer: true }),
            DATABASE_STATEMENT_TIMEOUT: config.get('DATABASE_STATEMENT_TIMEOUT', { infer: true }),
            MIGRATE: config.get('MIGRATE', { infer: true }),
          },
          // Nest keeps the lines of its own loggers back until the application is made, which is what waits here.
          { onWait: (wait) => logger.warn({ context: 'Database', ...wait }, 'The start waits') },
        ),
    },
  ],
  exports: [Database],
})
export class DatabaseModule implements OnModuleInit, OnApplicationShutdown {
  constructor(@Inject(Database) private readonly database: Database) {}

  onModuleInit(): void {
    this.database.logOutages();
  }

  onApplicationShutdown(): Promise<void> {
    return this.database.close();
  }
}
