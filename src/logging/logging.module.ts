import { Global, Module } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { LoggerModule } from 'nestjs-pino';
import pino, { type DestinationStream, type Logger, type LoggerOptions } from 'pino';
import type { Environment } from '../config/environment.js';
import { standardOutput } from './log.stream.js';
import { describeError, redactText } from './redact.js';
import { RequestLog } from './request-log.js';
import { LOG_STREAM, LOGGER } from './logging.tokens.js';

const serializers = { err: describeError, msg: redactText };

/** pino makes an error's message the line's when there is no other, past the serializers. */
const nameErrors: NonNullable<LoggerOptions['hooks']>['logMethod'] = function (args, method) {
  const [subject, message] = args as unknown[];
  const { err } = (subject ?? {}) as { err?: unknown };
  if (message === undefined && (subject instanceof Error || err instanceof Error)) {
    return method.apply(this, [subject instanceof Error ? { err: subject } : subject, 'error'] as never);
  }
  return method.apply(this, args);
};

function createLogger(config: ConfigService<Environment, true>, stream: DestinationStream): Logger {
  return pino(
    {
      level: config.get('LOG_LEVEL', { infer: true }),
      base: undefined,
      formatters: { level: (label) => ({ level: label }) },
      serializers,
      hooks: { logMethod: nameErrors },
    },
    stream,
  );
}

@Global()
@Module({
  providers: [
    {
      provide: LOG_STREAM,
      inject: [ConfigService],
      useFactory: (config: ConfigService<Environment, true>) =>
        standardOutput(config.get('NODE_ENV', { infer: true })),
    },
    { provide: LOGGER, inject: [ConfigService, LOG_STREAM], useFactory: createLogger },
    RequestLog,
  ],
  exports: [LOGGER, LOG_STREAM],
})
class LoggerProviders {}

/**
 * The log: pino behind Nest's `Logger`, by nestjs-pino, and one line for every request.
 *
 * nestjs-pino's middleware is not used: it would need @fastify/middie and a child logger on every request. The request
 * id is put on the lines that need it by hand.
 */
@Module({
  imports: [
    LoggerProviders,
    LoggerModule.forRootAsync({
      inject: [LOGGER],
      // pino-http puts serializers of its own over those of the logger, unless it is given ours.
      useFactory: (logger: Logger) => ({
        pinoHttp: { logger, serializers, wrapSerializers: false },
        forRoutes: [],
      }),
    }),
  ],
})
export class LoggingModule {}
