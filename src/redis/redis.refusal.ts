/**
 * Why Redis did not do what it was asked: the first word of its refusal (NOAUTH, WRONGPASS, NOPERM, READONLY, OOM ...), else
 * the code of the system error. What follows that word can quote what was sent.
 */
export function refusalOf(error: unknown): string {
  const { code, message = '', name } = error as Partial<NodeJS.ErrnoException>;
  if (code !== undefined) return code;
  return /^[A-Z]{2,20}\b/.exec(message)?.[0] ?? name ?? 'unknown';
}

/** Whether Redis has become a replica: after a failover its name, or another connection, leads to the new primary. */
export function isReplica(error: Error): boolean {
  return /\bREADONLY\b/.test(error.message);
}
