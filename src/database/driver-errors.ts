import { isNativeError } from 'node:util/types';
import { DrizzleQueryError } from './drizzle.js';

/** What is read of an error of `pg`, of PGlite or of the system. */
interface DriverError extends Error {
  /** SQLSTATE, or the code of a system error. */
  code?: string;
  severity?: string;
  table?: string;
  constraint?: string;
}

/** The error that it began with: drizzle wraps the driver's, and Node wraps one error per address of a host. */
export function innermost(error: unknown): DriverError {
  if (!isNativeError(error)) return new Error('Unknown error of the database', { cause: error });
  const { errors } = error as Partial<AggregateError>;
  if (Array.isArray(errors) && errors.length > 0) return innermost(errors[0]);
  if (isNativeError(error.cause)) return innermost(error.cause);
  return NO_PASSWORD.test(error.message) ? new PasswordMissing() : error;
}

/** The driver's words for a server that asks for a password when there is none. */
const NO_PASSWORD = /client password must be a (non-empty )?string/;

/** The same in words that say what to do, with the SQLSTATE of a wrong password: waiting helps as little. */
class PasswordMissing extends Error {
  readonly code = '28P01';

  constructor() {
    super('the server asks for a password, and none is set');
  }
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
 * SQLSTATEs after which the same request may succeed later (503); every other is an error of ours (500).
 *
 * - 08 connection; 28 our role or password, 3D000 our database (both change while we run: they are put right there);
 *   42501 a right that our role lacks; 53 resources exhausted (too many connections, disk full); 55 not in the state that
 *   it needs, among it lock timeouts; 57 operator intervention (shut down, starting up, statement timeout); 58 system error
 * - 40 serialization failure and deadlock
 * - 25006 read-only: a standby, before or after a failover; 25P03, 25P04 time-outs of the server that end the connection
 * - 26000, 42P05: a prepared statement is not there, or there already: a pooler gave us another server process
 */
const AWAY_STATES = /^(08|28|3D|40|53|55|57|58)...$|^(25006|25P03|25P04|26000|42501|42P05)$/;

/** Those after which the connection is of no use, whatever the server did with it. */
const ENDING_STATES = /^(08|28|3D|58)...$|^57P0.$|^(25006|25P03|25P04)$/;

/** Those that stay as they are until an operator does something, so that there is no use in waiting at the start. */
const LASTING_STATES =
  /^(28|3D|3F)...$|^(42501|ERR_DATABASE_ENCODING|ERR_TLS_CERT_ALTNAME_INVALID)$|CERT|SIGNATURE/;

/** PgBouncer refuses a login, and passes on a refusal of the server's, under one code for everything: words alone tell which. */
const LASTING_WORDS_OF_POOLERS =
  /authentication failed|does not exist|no such (database|user)|pg_hba\.conf|permission denied/;
const CODE_OF_POOLERS = '08P01';

/** Errors of the pool, of `pg` and of PGlite that carry no code. */
const AWAY_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|All connections to the database are busy|Query read timeout|Client has encountered a connection error|Client was closed|timeout expired|Cannot use a pool after calling end|Client is closed|PGlite is (closed|closing))/;

/** Whether an error of the database says that it is away, so that the same request may succeed later. */
export function isDatabaseAway(thrown: unknown): boolean {
  const { code = '', message, severity } = innermost(thrown);
  if (SYSTEM_ERRORS.has(code) || AWAY_STATES.test(code) || AWAY_MESSAGES.test(message)) return true;
  return severity === 'FATAL' || severity === 'PANIC';
}

/** Whether a connection is of no use after an error: it broke, hangs, or leads to the wrong server. */
export function endsConnection(thrown: unknown): boolean {
  const { code = '', message, severity } = innermost(thrown);
  if (SYSTEM_ERRORS.has(code) || ENDING_STATES.test(code) || AWAY_MESSAGES.test(message)) return true;
  return severity === 'FATAL' || severity === 'PANIC';
}

/** Whether the server refused a write because it is a standby, or its role may only read. */
export function isReadOnly(thrown: unknown): boolean {
  return innermost(thrown).code === '25006';
}

/** Whether a prepared statement was not there, or there before it was made: signs of a pooler. */
export function losesPreparedStatements(thrown: unknown): boolean {
  return /^(26000|42P05)$/.test(innermost(thrown).code ?? '');
}

/** Whether only an operator can put it right, so that waiting would be in vain. */
export function isLasting(thrown: unknown): boolean {
  const { code = '', message } = innermost(thrown);
  if (code === CODE_OF_POOLERS) return LASTING_WORDS_OF_POOLERS.test(message);
  return LASTING_STATES.test(code) || message.startsWith('The server does not support SSL connections');
}

/** SQLSTATE, or the code of the system error, if it has one. */
export function codeOf(thrown: unknown): string | undefined {
  return innermost(thrown).code;
}

/** Whether the error comes from the database or its driver, rather than from our own code in a transaction. */
export function isDriverError(thrown: unknown): boolean {
  return thrown instanceof DrizzleQueryError || innermost(thrown).severity !== undefined;
}
