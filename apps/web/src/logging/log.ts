import type { LoggerService } from '@nestjs/common';
import pino, { type DestinationStream, type Logger, type LoggerOptions } from 'pino';

/** The log: one JSON object a line, on standard output, in the form of the API's. */
export function createLog(level: LoggerOptions['level'], stream: DestinationStream = process.stdout): Logger {
  return pino({ level, base: undefined, formatters: { level: (label) => ({ level: label }) } }, stream);
}

/** Parts of Nest that tell at length how the application is put together. */
const FRAMEWORK: ReadonlySet<unknown> = new Set([
  'InstanceLoader',
  'NestApplication',
  'NestFactory',
  'RouterExplorer',
  'RoutesResolver',
]);

/** Lets Nest, and all that uses its `Logger`, write to the log. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log = (message: unknown, context?: unknown) => {
    const level = FRAMEWORK.has(context) ? 'debug' : 'info';
    this.logger[level]({ context }, String(message));
  };
  warn = (message: unknown, context?: unknown) => this.logger.warn({ context }, String(message));
  fatal = (message: unknown, context?: unknown) => this.logger.fatal({ context }, String(message));
  debug = (message: unknown, context?: unknown) => this.logger.debug({ context }, String(message));
  verbose = (message: unknown, context?: unknown) => this.logger.trace({ context }, String(message));

  /** Nest gives a stack between message and context, when there is one. */
  error = (message: unknown, ...more: unknown[]) => {
    const [stack, context] = more.length > 1 ? more : [undefined, more[0]];
    this.logger.error({ context, stack }, String(message));
  };
}
