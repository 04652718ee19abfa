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

const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
type StopSignal = (typeof STOP_SIGNALS)[number];

const exitBy = (signal: StopSignal): void => process.exit(128 + constants.signals[signal]);

/**
 * What a signal does now. The listener itself is never replaced: a signal that has arrived, and whose listener is removed
 * before Node comes to call it, is lost, also when another is there by then.
 */
let onSignal = exitBy;

/**
 * What signals do before the application stands: those that stop it end it at once, which the system would not do for
 * the first process of a container, and the others do nothing. SIGUSR1 would let Node open its inspector.
 */
export function endOnSignals(): void {
  for (const signal of STOP_SIGNALS) process.on(signal, () => onSignal(signal));
  for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => undefined);
}

/** How often connections that are idle, or bring nothing, are closed, in milliseconds. */
const SWEEP_MS = 50;
/** How long database and Redis may take to close, in seconds. */
const CLOSE_SECONDS = 5;

/**
 * After `endOnSignals`: from now on SIGTERM, SIGINT and SIGHUP stop the process without failing a request, and it exits with
 * 0; a second signal ends it at once, with 128 and the signal's number.
 */
export function stopOnSignals(app: NestFastifyApplication, options: StopOptions): void {
  const logger = new Logger('Stop');
  const connections = new OpenConnections(app.getHttpServer());
  let isStopping = false;
  onSignal = (signal) => {
    if (isStopping) exitBy(signal);
    isStopping = true;
    logger.log(`${signal}: stopping`);
    const bound = options.graceSeconds + options.timeoutSeconds + CLOSE_SECONDS;
    setTimeout(() => process.exit(1), bound * 1000).unref();
    stop(app, connections, options).then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error });
        process.exit(1);
      },
    );
  };
}

/**
 * Says that it is not ready, serves on for the grace time while it asks clients to leave the connection, lets requests that
 * have arrived end, and closes everything: the server before the database.
 */
async function stop(
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
