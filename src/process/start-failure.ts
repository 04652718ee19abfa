import { toStandardError } from '../logging/log.output.js';

/** Errors whose message tells the operator all that there is to know. */
const selfExplanatory = new Set([
  'CommandError',
  'InvalidEnvironment',
  'InvalidAccessDeclarations',
  'InvalidAuthOptions',
  'DatabaseLocked',
  'DatabaseNotUsable',
  'DatabaseNotMigrated',
  'AuditLogNotUsable',
  'FolderNotUsable',
]);

/** What errors of the system carry, and the setting that is at fault, where whoever caught it knows. */
interface SystemError extends NodeJS.ErrnoException {
  readonly port?: number;
  readonly address?: string;
  readonly variable?: string;
}

/** What to print when the program cannot start. */
export function explainStartFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (selfExplanatory.has(error.name)) return error.message;
  const { code, syscall, path } = error as SystemError;
  if (syscall === 'listen') return explainListen(error);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `The host "${(error as { hostname?: string }).hostname}" is not known here. Correct HOST in .env.`;
  }
  if (code === 'ERR_MODULE_NOT_FOUND' && error.message.includes('@electric-sql/pglite')) {
    return (
      'DATABASE_URL names the embedded database, which is not installed here: set it to a PostgreSQL server, or build the ' +
      'image with --build-arg PGLITE=include (npm: without --omit=optional).'
    );
  }
  if (path !== undefined && syscall !== undefined) return `"${path}" cannot be used: ${error.message}.`;
  return error.stack ?? error.message;
}

function explainListen(error: SystemError): string {
  const { code, port, address, variable = 'PORT' } = error;
  const choose = `choose another port by ${variable} in .env.`;
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken by another program. Stop that program, or ${choose}`;
  if (code === 'EACCES') return `Port ${port} may not be used by this user. Run as another, or ${choose}`;
  if (code === 'EADDRNOTAVAIL') return `${address} is no address of this machine. Correct HOST in .env.`;
  return error.stack ?? error.message;
}

/**
 * Says why the program cannot start: to people as text, and in production as a line of JSON, which is what collects
 * standard error there.
 */
export function reportStartFailure(error: unknown): void {
  const reason = explainStartFailure(error);
  const isProduction = process.env.NODE_ENV?.replace(/["']/g, '') === 'production';
  const line = { level: 'fatal', time: Date.now(), context: 'Start', msg: reason };
  toStandardError(isProduction ? `${JSON.stringify(line)}\n` : `${reason}\n`);
}
