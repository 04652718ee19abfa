import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { AuditModule } from './audit/audit.module.js';
import { AuthModule } from './auth/index.js';
import { JwtStrategy } from './auth/passport/index.js';
import { authOptions } from './auth-options.js';
import type { Configuration } from './config/config.module.js';
import { DatabaseModule } from './database/database.module.js';
import { DocsModule } from './docs/docs.module.js';
import { ExpensesModule } from './expenses/expenses.module.js';
import { HealthModule } from './health/health.module.js';
import { ProblemFilter } from './problems/problem.filter.js';
import { SchemaPipe } from './http/schema.pipe.js';
import { LimitsModule } from './limits/limits.module.js';
import { LoggingModule } from './logging/logging.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { REDIS, RedisModule } from './redis/redis.module.js';
import { ReportsModule } from './reports/reports.module.js';
import { RevocationModule } from './revocation/revocation.module.js';
import { TracingModule } from './tracing/tracing.module.js';

type Modules = NonNullable<DynamicModule['imports']>;

/** The list of modules. A new resource is one more line here. */
const features: Modules = [ExpensesModule, ReportsModule];

/** The root of the application. */
@Module({})
export class AppModule {
  /** @param others modules beside the usual ones, for tests */
  static forRoot(configuration: Configuration, others: Modules = []): DynamicModule {
    return {
      module: AppModule,
      imports: [
        configuration.module,
        // Global, so that whoever measures or reports on it can ask its parts.
        {
          ...AuthModule.forRootAsync({
            inject: [ConfigService, { token: REDIS, optional: true }],
            useFactory: authOptions,
            strategy: JwtStrategy,
          }),
          global: true,
        },
        // First, so that the trace is there in whatever the others do.
        TracingModule.forRoot(configuration.environment),
        LoggingModule,
        DatabaseModule,
        RedisModule,
        // Before the limits, which do not count what is refused.
        RevocationModule.forRoot(configuration.environment),
        LimitsModule.forRoot(configuration.environment),
        HealthModule,
        AuditModule,
        MetricsModule.forRoot(configuration.environment),
        DocsModule,
        ...features,
        ...others,
      ],
      providers: [
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_PIPE, useClass: SchemaPipe },
      ],
    };
  }
}
