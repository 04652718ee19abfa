import { toStandardError } from '../logging/log.output.js';

/** Errors whose message tells the operator all that there is to know. */
const selfExplanatory = new Set([
  'InvalidEnvironment',
  'InvalidAccessDeclarations',
  'DatabaseLocked',
  'DatabaseNotUsable',
  'DatabaseNotMigrated',
  'AuditLogNotUsable',
]);

/** What to print when the program cannot start. */
export function explainStartFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as Error & { code?: string; port?: number };
  if (code === 'EADDRINUSE') {
    return `Port ${port} is taken by another program. Stop that program, or choose another port by PORT in .env.`;
  }
  if (code === 'EACCES') return `Port ${port} may not be used by this user. Choose another by PORT in .env.`;
  return selfExplanatory.has(error.name) ? error.message : (error.stack ?? error.message);
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
