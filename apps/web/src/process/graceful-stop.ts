import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Server, ServerResponse } from 'node:http';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Readiness } from '../health/readiness.js';
import { OpenConnections } from './open-connections.js';

/** How long stopping may take. */
export interface StopOptions {
  /** How long the process goes on listening after it said that it is not ready, for balancers to notice, in seconds. */
  readonly graceSeconds: number;
  /** How long requests that are under way then may take, in seconds. */
  readonly timeoutSeconds: number;
}

/** How often connections that are idle, or bring nothing, are closed, in milliseconds. */
const SWEEP_MS = 50;
/** How long the rest may take to close, in seconds. */
const CLOSE_SECONDS = 5;

/**
 * Stops the process on SIGTERM or SIGINT without failing a request, and exits with 0; a second signal ends it at once,
 * with 128 and the signal's number.
 */
export function stopOnSignals(app: NestFastifyApplication, options: StopOptions): void {
  const logger = new Logger('Stop');
  const connections = new OpenConnections(app.getHttpServer());
  let isStopping = false;
  const onSignal = (signal: 'SIGTERM' | 'SIGINT') => {
    if (isStopping) process.exit(128 + constants.signals[signal]);
    isStopping = true;
    logger.log(`${signal}: stopping`);
    const bound = options.graceSeconds + options.timeoutSeconds + CLOSE_SECONDS;
    setTimeout(() => process.exit(1), bound * 1000).unref();
    stop(app, connections, options).then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

/** Says that it is not ready, serves on for the grace time, and lets requests that have arrived end. */
export async function stop(
  app: NestFastifyApplication,
  connections: OpenConnections,
  { graceSeconds, timeoutSeconds }: StopOptions,
): Promise<void> {
  const server: Server = app.getHttpServer();
  app.get(Readiness).stop();
  server.prependListener('request', (_request, response: ServerResponse) => {
    response.shouldKeepAlive = false; // which Node writes as `Connection: close`
  });
  await delay(graceSeconds * 1000);
  const sweep = setInterval(() => {
    server.closeIdleConnections();
    connections.closeSilent();
  }, SWEEP_MS);
  const cut = setTimeout(() => server.closeAllConnections(), timeoutSeconds * 1000);
  await app.getHttpAdapter().getInstance().close();
  clearInterval(sweep);
  clearTimeout(cut);
  await app.close();
}
