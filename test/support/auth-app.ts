import { ConfigService } from '@nestjs/config';
import { ApiExcludeController } from '@nestjs/swagger';
import { AUTH_OPTIONS, type AuthOptions } from '../../src/auth/index.js';
import { authOptions } from '../../src/auth-options.js';
import type { Environment } from '../../src/config/environment.js';
import type { Redis } from 'ioredis';
import { REDIS } from '../../src/redis/redis.module.js';
import { Database } from '../../src/database/database.js';
import { PostgresDatabase } from '../../src/database/postgres.js';
import { type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { BASE_URL } from './refusal.js';
import { ReportsController, ReportsModule } from './reports.module.js';
import { createTestApp } from './test-app.js';

/** How the application of a test of authentication differs from the usual one. */
export interface AuthAppOptions {
  readonly variables?: Readonly<Record<string, string>>;
  /** Options that no environment variable sets. */
  readonly auth?: Partial<AuthOptions>;
}

// They are no part of the API, so its description does not speak of them.
ApiExcludeController()(ReportsController);

/** It is not contacted before the first query, and there is none: nothing about access tokens needs it. */
const DATABASE_URL = 'postgres://127.0.0.1:9/none';
const settings = { url: DATABASE_URL, poolSize: 1, statementTimeoutSeconds: 1 };

/** The application with the routes of `ReportsModule`, and with a database that cannot be reached. */
export function createAuthApp(
  issuer: TestIssuer,
  { variables, auth }: AuthAppOptions = {},
): Promise<TestApp> {
  return createTestApp({
    issuer,
    imports: [ReportsModule],
    variables: { BASE_URL, DATABASE_URL, ...variables },
    override: (module) =>
      module
        .overrideProvider(Database)
        .useFactory({ factory: () => new PostgresDatabase(settings) })
        .overrideProvider(AUTH_OPTIONS)
        .useFactory({
          factory: (config: ConfigService<Environment, true>, redis?: Redis) => ({
            ...authOptions(config, redis),
            ...auth,
          }),
          inject: [ConfigService, { token: REDIS, optional: true }],
        }),
  });
}
