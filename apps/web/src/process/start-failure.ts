/** What to print when the program cannot start; the same advice as the API's. */
export function explainStartFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as Error & { code?: string; port?: number };
  if (code === 'EADDRINUSE') {
    return `Port ${port} is taken by another program. Stop that program, or choose another port by PORT in .env.`;
  }
  if (code === 'EACCES') return `Port ${port} may not be used by this user. Choose another by PORT in .env.`;
  return error.name === 'InvalidEnvironment' ? error.message : (error.stack ?? error.message);
}
