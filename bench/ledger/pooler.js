import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const RUNNER = fileURLToPath(new URL('../../.ci/through-pgbouncer', import.meta.url));

/** PgBouncer in front of the PostgreSQL of this machine, as CI has it; nothing where it is not installed. */
export async function startPooler() {
  if (!existsSync('/usr/sbin/pgbouncer')) return undefined;
  // It stands for as long as the command runs, which ends with its input.
  const child = spawn(RUNNER, ['sh', '-c', 'echo "$TEST_POSTGRES_URL"; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [pooled] = await once(createInterface({ input: child.stdout }), 'line');
  return {
    /** The address of a database through the pooler. */
    through: (url) => Object.assign(new URL(pooled), { pathname: new URL(url).pathname }).href,
    stop: async () => {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}
