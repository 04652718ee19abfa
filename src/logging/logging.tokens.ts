/** Injection token of the pino `Logger` of the application. */
export const LOGGER = Symbol('LOGGER');
/** Injection token of the `DestinationStream` that the log is written to: standard output. Tests replace it. */
export const LOG_STREAM = Symbol('LOG_STREAM');
