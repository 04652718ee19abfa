import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from 'nestjs-pino';
import { AppModule } from './app.module.js';
import { type Environment, loadConfiguration } from './config/config.module.js';
import { requestFields } from './http/request.fields.js';
import { requestIds } from './http/request-id.js';

/** Largest body, in bytes. */
const BODY_LIMIT = 1024 * 1024;

/** The HTTP server, for `createApp` and for tests that make the application by `Test.createTestingModule`. */
export function createAdapter(environment: Environment): FastifyAdapter {
  const adapter = new FastifyAdapter({
    trustProxy: environment.TRUST_PROXY,
    bodyLimit: BODY_LIMIT,
    genReqId: requestIds(environment.TRUST_PROXY),
    requestIdHeader: false,
    skipMiddie: true,
  });
  const fastify = adapter.getInstance();
  for (const field of requestFields) fastify.decorateRequest(field, undefined);
  fastify.addHook('onRequest', (request, reply, done) => {
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
    { abortOnError: false, bufferLogs: true },
  );
  app.useLogger(app.get(Logger));
  app.enableShutdownHooks();
  return { app, environment };
}
