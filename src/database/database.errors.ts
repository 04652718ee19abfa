import { HttpException } from '@nestjs/common';
import { DrizzleQueryError } from './drizzle.js';
import { isNativeError } from 'node:util/types';
import { ServiceUnavailable } from '../problems/problem.exception.js';

/** Time after which a client may try again, in seconds. A restart of the server takes about as long. */
const RETRY_AFTER_SECONDS = 5;

/**
 * The database cannot be reached, refuses work or took too long; another attempt may succeed. Whether a write happened
 * is known unless the connection broke during COMMIT, so clients repeat writes with an Idempotency-Key.
 */
export class DatabaseUnavailable extends ServiceUnavailable {
  constructor(cause: unknown) {
    super('database_unavailable', RETRY_AFTER_SECONDS, {
      cause: new DatabaseFault(cause),
    });
  }
}

/**
 * Any other error of the database, which is a fault of ours. Made to be logged: the query's parameters and the
 * server's `detail` hold personal data, so neither is on it.
 */
export class DatabaseFault extends Error {
  override readonly name = 'DatabaseFault';
  /** SQLSTATE, or the code of the system error. */
  readonly code: string | undefined;
  readonly table: string | undefined;
  readonly constraint: string | undefined;

  constructor(thrown: unknown) {
    const error = innermost(thrown);
    // Classes 22 and 23 (data, integrity) quote the offending value in their message.
    super(/^2[23]/.test(error.code ?? '') ? `Refused with SQLSTATE ${error.code}` : error.message);
    this.code = error.code;
    this.table = error.table;
    this.constraint = error.constraint;
  }
}

interface DriverError extends Error {
  code?: string;
  severity?: string;
  table?: string;
  constraint?: string;
}

/** drizzle wraps the driver's error, and Node wraps one error per address of a host. */
function innermost(error: unknown): DriverError {
  if (!isNativeError(error)) return new Error('Unknown error of the database', { cause: error });
  const { errors } = error as Partial<AggregateError>;
  if (Array.isArray(errors) && errors.length > 0) return innermost(errors[0]);
  return isNativeError(error.cause) ? innermost(error.cause) : error;
}

const SYSTEM_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT', // its Unix socket is not there
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);

/**
 * SQLSTATE: 08 connection, 53 resources exhausted, 57 operator intervention (shut down, starting up, statement
 * timeout), 58 system error; 40 serialization failure and deadlock; 25006 a standby after a failover; 55P03 lock timeout.
 */
const AWAY_STATES = /^(08|53|57|58|40)...$|^25006$|^55P03$/;

/** Errors of the pool, of `pg` and of PGlite that carry no code. */
const AWAY_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed|timeout expired|Cannot use a pool after calling end|PGlite is (closed|closing))/;

/** Whether an error of the database says that it is away, so that the same request may succeed later. */
export function isDatabaseAway(thrown: unknown): boolean {
  const { code, message } = innermost(thrown);
  return SYSTEM_ERRORS.has(code ?? '') || AWAY_STATES.test(code ?? '') || AWAY_MESSAGES.test(message);
}

/** Whether the error comes from the database or its driver, rather than from our own code in a transaction. */
function isDriverError(thrown: unknown): boolean {
  return thrown instanceof DrizzleQueryError || innermost(thrown).severity !== undefined;
}

/** Runs work on the database and gives its errors a name that the rest of the service knows. */
export async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HttpException) throw error;
    if (isDatabaseAway(error)) throw new DatabaseUnavailable(error);
    if (isDriverError(error)) throw new DatabaseFault(error);
    throw error;
  }
}
