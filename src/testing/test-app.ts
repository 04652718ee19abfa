import type { DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { createAdapter } from '../app.js';
import { AppModule } from '../app.module.js';
import { loadConfiguration } from '../config/config.module.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import type { TestIssuer } from './test-issuer.js';

/** What `inject` takes beside a URL. */
type InjectOptions = Exclude<Parameters<NestFastifyApplication['inject']>[0], undefined | string>;
/** What `inject` answers. */
export type InjectedResponse = Awaited<ReturnType<NestFastifyApplication['inject']>>;

/** Settings of an application under test. */
export interface TestAppOptions {
  /** The issuer whose tokens it accepts: one made by `startTestIssuer`, or the name and audience of any other. */
  readonly issuer: Pick<TestIssuer, 'url' | 'audience'>;
  /** Modules beside those of the application. */
  readonly imports?: NonNullable<DynamicModule['imports']>;
  /** Environment variables that replace the usual ones. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Replaces providers, as in `(module) => module.overrideProvider(Clock).useValue(clock)`. */
  readonly override?: (module: TestingModuleBuilder) => TestingModuleBuilder;
}

/** The real application, ready for requests without a port, or with one after `listen`. */
export class TestApp {
  constructor(
    readonly app: NestFastifyApplication,
    private readonly database?: TestDatabase,
  ) {}

  /** Sends a GET request without going through a socket. */
  get(url: string, token?: string): Promise<InjectedResponse> {
    return this.inject({ method: 'GET', url }, token);
  }

  /** Sends any request without going through a socket; a token becomes its Authorization header. */
  inject(options: InjectOptions, token?: string): Promise<InjectedResponse> {
    const authorization = token === undefined ? undefined : { authorization: `Bearer ${token}` };
    return this.app.inject({ ...options, headers: { ...authorization, ...options.headers } });
  }

  /**
   * Listens on a free port of this machine.
   *
   * @returns the URL, without a slash at its end
   */
  async listen(): Promise<string> {
    await this.app.listen(0, '127.0.0.1');
    return this.app.getUrl();
  }

  /** Closes the application, and removes the database that was made for it. */
  async close(): Promise<void> {
    await this.app.close();
    await this.database?.drop();
  }
}

/**
 * Makes the real application against a test issuer, with an embedded database and no limits on the rate of requests;
 * `close` it when done.
 */
export async function createTestApp(options: TestAppOptions): Promise<TestApp> {
  const { issuer, imports, variables, override = (module) => module } = options;
  const database = variables?.DATABASE_URL === undefined ? await createTestDatabase() : undefined;
  const configuration = await loadConfiguration({
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    // A file has its own.
    ...(!variables?.ISSUERS_FILE && { ISSUER_BASE_URL: issuer.url, ALLOWED_AUDIENCES: issuer.audience }),
    ...(database && { DATABASE_URL: database.url }),
    RATE_LIMIT: '0',
    FAILED_AUTH_LIMIT: '0',
    ...variables,
  });
  const builder = Test.createTestingModule({ imports: [AppModule.forRoot(configuration, imports)] });
  const module = await override(builder).compile();
  const app = module.createNestApplication<NestFastifyApplication>(createAdapter(configuration.environment), {
    logger: false,
  });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return new TestApp(app, database);
}
