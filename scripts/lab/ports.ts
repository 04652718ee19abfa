import { createServer } from 'node:net';

/**
 * Checks that nothing listens on the given ports.
 *
 * @throws Error naming every port that is taken, and what to do
 */
export async function assertPortsFree(ports: Readonly<Record<string, number>>): Promise<void> {
  const taken: string[] = [];
  for (const [program, port] of Object.entries(ports)) {
    if (!(await isFree(port))) taken.push(`  ${port} (for the ${program})`);
  }
  if (taken.length === 0) return;
  throw new Error(
    `These ports are taken by other programs:\n${taken.join('\n')}\n` +
      `Stop those programs and try again. To see which they are: lsof -i :${Object.values(ports).join(' -i :')}`,
  );
}

/** Both loopback addresses count: a browser may take either for localhost. */
async function isFree(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, '::1'));
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    // A machine without IPv6 answers EADDRNOTAVAIL for ::1, which is no hindrance.
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'EADDRINUSE'));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
