import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const START_LIMIT_MS = 30_000;
/** Linux counts CPU time for /proc in hundredths of a second (USER_HZ), whatever the kernel's own tick. */
const MICROSECONDS_PER_TICK = 10_000;

/**
 * Starts a program of this folder with the runner's own Node, bound to one core, and waits for its first message.
 *
 * @returns `{ child, message }`; the program ends when the runner does (it watches the channel)
 * @throws when it ends or stays silent for 30 s
 */
export async function startPinned(core, script, args = [], { nodeOptions = [], environment = {} } = {}) {
  const child = spawn(
    'taskset',
    [
      '-c',
      String(core),
      process.execPath,
      ...nodeOptions,
      fileURLToPath(new URL(script, import.meta.url)),
      ...args,
    ],
    // Request logs go nowhere: the servers write them, nobody needs them.
    {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, NODE_ENV: 'production', ...environment },
    },
  );
  const message = await nextMessage(child, `${script} ${args.join(' ')}`, START_LIMIT_MS).catch((error) => {
    child.kill('SIGKILL');
    throw error;
  });
  return { child, message };
}

/** The next message of a child, or an error when it ends first or the time is up. */
export function nextMessage(child, name, limitMs) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const ended = (code, signal) => reject(new Error(`${name} ended early (${code ?? signal})`));
  const timer = setTimeout(() => reject(new Error(`${name} said nothing for ${limitMs} ms`)), limitMs);
  child.once('message', resolve);
  child.once('exit', ended);
  child.once('error', reject);
  return promise.finally(() => {
    clearTimeout(timer);
    child.off('message', resolve);
    child.off('exit', ended);
    child.off('error', reject);
  });
}

export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** CPU time (user and system, all threads) that a process has used, in microseconds. */
export function cpuMicroseconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the program's name in brackets and may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK;
}

/** Resident memory of a process in MiB. */
export function residentMiB(pid) {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(kib) / 1024;
}
