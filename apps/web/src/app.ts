import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import '@fastify/view';
import type { LoggerService } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Eta } from 'eta';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { AppModule } from './app.module.js';
import type { Config } from './config/config.module.js';
import { takeMultipartForms } from './import/multipart-forms.js';
import { Formats } from './locale/formats.js';
import { languageOf } from './locale/language.js';
import { createLog, NestLog } from './logging/log.js';
import { logRequests } from './logging/request-log.js';
import { meaningOf, READ_ALL } from './login/scopes.js';
import { answerClientError } from './pages/client-errors.js';
import { ownAddress } from './pages/own-address.js';
import { urlErrorPages } from './pages/url-errors.js';
import { cutSilentBodies } from './process/silent-bodies.js';
import { BrowserSession } from './sessions/browser-session.js';

/** What tests set otherwise than `npm start`. */
export interface WebAppOptions {
  /** Taken instead of the process environment and `.env`, for tests. */
  readonly variables?: Record<string, string>;
  /** Where the log goes instead of to the console; false keeps Nest silent. */
  readonly logger?: LoggerService | false;
  /** Where the log goes instead of standard output, for tests. */
  readonly logTo?: { write(line: string): void };
}

/**
 * The web application, ready to `listen()` or to `inject()` into.
 * @throws InvalidEnvironment
 */
export async function createWebApp({
  variables,
  logger,
  logTo,
}: WebAppOptions = {}): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    await AppModule.with(variables),
    new FastifyAdapter({
      bodyLimit: 64 * 1024,
      genReqId: () => randomUUID(),
      requestIdHeader: false,
      clientErrorHandler: answerClientError,
      frameworkErrors: urlErrorPages(folder('views')),
      // Requests on connections that are still open while we stop are served, not refused.
      return503OnClosing: false,
    }),
    { abortOnError: false, bufferLogs: true },
  );
  const config: Config = app.get(ConfigService);
  const log = createLog(logger !== undefined ? 'silent' : config.get('LOG_LEVEL', { infer: true }), logTo);
  app.useLogger(logger ?? new NestLog(log));
  logRequests(app, log);
  cutSilentBodies(app);
  await app.register(cookie);
  await takeMultipartForms(app);
  await app.register(helmet, securityHeaders(config));
  app.useStaticAssets({ root: folder('public'), prefix: '/assets/' });
  app.setViewEngine({
    engine: { eta: new Eta() },
    templates: folder('views'),
    defaultContext: { meaning: meaningOf, format: Formats.in('en') },
  });
  prepareRequests(app, config);
  return app.init();
}

declare module 'fastify' {
  interface FastifyRequest {
    /** How numbers and dates are written for whoever sends the request. */
    format: Formats;
  }
}

/**
 * Finds the language and the session before anything else runs, so that even an error page knows who is logged in.
 */
function prepareRequests(app: NestFastifyApplication, config: Config): void {
  const browser = app.get(BrowserSession);
  const baseUrl = config.get('BASE_URL', { infer: true });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', async (request, reply) => {
    request.format = Formats.in(languageOf(request.headers['accept-language']));
    if (/^\/(assets|health)\//.test(request.url)) return;
    // What a page shows is for one person, now: after logout, the back button must find nothing.
    reply.header('cache-control', 'no-store');
    const elsewhere = ownAddress(request, baseUrl);
    if (elsewhere === undefined) await browser.resume(request, reply);
    else await reply.redirect(elsewhere, 302);
    const seesEverybody = request.session?.permissions.includes(READ_ALL) ?? false;
    reply.locals = Object.assign(reply.locals ?? {}, { format: request.format, seesEverybody });
  });
}

/** No script, no inline style, nothing from elsewhere. */
function securityHeaders(config: Config) {
  const https = config.get('BASE_URL', { infer: true }).startsWith('https:');
  const issuer = new URL(config.get('ISSUER_BASE_URL', { infer: true })).origin;
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        // Browsers apply this to redirects too, and the logout form leads to the issuer.
        formAction: ["'self'", issuer],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: https,
  } as const;
}

function folder(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
