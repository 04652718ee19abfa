import { randomUUID } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { type Environment, loadConfiguration } from './config/config.module.js';

/** Largest body, in bytes. */
const BODY_LIMIT = 1024 * 1024;

/** The HTTP server, for `createApp` and for tests that make the application by `Test.createTestingModule`. */
export function createAdapter(environment: Environment): FastifyAdapter {
  const adapter = new FastifyAdapter({
    trustProxy: environment.TRUST_PROXY,
    bodyLimit: BODY_LIMIT,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    skipMiddie: true,
  });
  adapter
    .getInstance()
    .decorateRequest('user', undefined)
    .addHook('onRequest', (request, reply, done) => {
      void reply.header('x-request-id', request.id);
      done();
    });
  return adapter;
}

/**
 * The application, set up but not listening yet.
 *
 * @param variables taken instead of the process environment and `.env`
 * @throws InvalidEnvironment
 */
export async function createApp(
  variables?: Record<string, string>,
): Promise<{ app: NestFastifyApplication; environment: Environment }> {
  const configuration = await loadConfiguration(variables);
  const { environment } = configuration;
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(configuration),
    createAdapter(environment),
    { abortOnError: false },
  );
  app.enableShutdownHooks();
  return { app, environment };
}
