import { NestFactory } from '@nestjs/core';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from 'nestjs-pino';
import { AppModule } from './app.module.js';
import { loadConfiguration } from './config/config.module.js';
import type { Environment } from './config/environment.js';
import { corsOptions } from './http/cors.js';
import { addHeadOfFiles } from './http/head-of-files.js';
import { JsonAdapter } from './http/json.adapter.js';
import { addBodyRules } from './http/request-bodies.js';
import { addRequestEnds } from './http/request-end.js';
import { faultOfRequestHead } from './http/request-head.js';
import { addRequestFields } from './http/request.fields.js';
import { SECURITY_HEADERS } from './http/security-headers.js';
import { serverOptions } from './http/server.options.js';
import { noticeUnnamedProxy } from './http/unnamed-proxy.js';

/** The HTTP server, for `createApp` and for tests that make the application by `Test.createTestingModule`. */
export function createAdapter(environment: Environment): FastifyAdapter {
  const adapter = new JsonAdapter(serverOptions(environment));
  const fastify = adapter.getInstance();
  addRequestEnds(fastify);
  addRequestFields(fastify);
  addBodyRules(fastify);
  addHeadOfFiles(fastify);
  noticeUnnamedProxy(fastify, environment.TRUST_PROXY);
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id).headers(SECURITY_HEADERS);
    done(faultOfRequestHead(request.raw));
  });
  if (environment.CORS_ORIGINS.length > 0) adapter.enableCors(corsOptions(environment.CORS_ORIGINS));
  adapter.answerOptions();
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
    // What Nest says of a failed start is kept back: whoever catches the error says it once, and in one form.
    { abortOnError: false, bufferLogs: true, autoFlushLogs: false },
  );
  app.useLogger(app.get(Logger));
  app.flushLogs();
  return { app, environment };
}
