import { HttpException } from '@nestjs/common';
import { ServiceUnavailable } from '../problems/problem.exception.js';
import { innermost, isDatabaseAway, isDriverError } from './driver-errors.js';
import type { OutageLog } from './outage.log.js';

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

/** The database cannot hold every text, since its encoding has not all characters. */
export class EncodingNotUsable extends Error {
  override readonly name = 'EncodingNotUsable';
  readonly code = 'ERR_DATABASE_ENCODING';

  constructor(encoding: string) {
    super(
      `The database is encoded in ${encoding}, which has not all characters; it must be UTF8 (CREATE DATABASE ... ENCODING 'UTF8')`,
    );
  }
}

/** The pool has found out by itself when it could make no connection; else the driver's error tells. */
function toUnavailable(error: unknown): DatabaseUnavailable | undefined {
  if (error instanceof DatabaseUnavailable) return error;
  if (error instanceof HttpException || !isDatabaseAway(error)) return undefined;
  return new DatabaseUnavailable(error);
}

/**
 * Runs work on the database and gives its errors the names that the rest of the service knows.
 *
 * @param outages is told whether the database answered
 */
export async function withNamedErrors<T>(work: () => Promise<T>, outages?: OutageLog): Promise<T> {
  try {
    const result = await work();
    outages?.succeeded();
    return result;
  } catch (error) {
    const unavailable = toUnavailable(error);
    if (unavailable) {
      const { code, message } = innermost(unavailable);
      outages?.failed(code ?? message);
      throw unavailable;
    }
    if (error instanceof HttpException) throw error;
    if (isDriverError(error)) throw new DatabaseFault(error);
    throw error;
  }
}
