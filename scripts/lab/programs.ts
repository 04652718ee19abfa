import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;

const NODE_COMPILE_CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'compiled');

const running = new Map<string, ChildProcess>();
let stopping = false;
let failed: Error | undefined;

type Variables = Readonly<Record<string, string>>;

/**
 * PGlite is WebAssembly, and compiling it to the fastest code takes half a gigabyte and seconds of CPU. A lab is better
 * off with the code that is compiled at once.
 */
const NODE_OPTIONS = ['--liftoff-only'];

function launch(name: string, parameters: readonly string[], cwd: string, env: Variables): ChildProcess {
  const { PATH, HOME, LANG } = process.env;
  const child = spawn(process.execPath, [...NODE_OPTIONS, ...parameters], {
    cwd,
    // Only what the lab says: a variable left in the shell, or a .env file, must not change what the lab shows.
    env: {
      ...(PATH && { PATH }),
      ...(HOME && { HOME }),
      ...(LANG && { LANG }),
      // The second start need not compile the first one's JavaScript again.
      NODE_COMPILE_CACHE,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Of a group of its own, so that Ctrl-C reaches it through us, in order.
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', (line) => console.log(`[${name}] ${line}`));
  }
  running.set(name + child.pid, child);
  child.once('exit', () => running.delete(name + child.pid));
  return child;
}

/** Runs a program and waits for its end. @throws Error when it fails */
export async function runToEnd(name: string, script: string, cwd: string, env: Variables): Promise<void> {
  const [code] = (await once(launch(name, [script], cwd, env), 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${name} failed; see above for the reason.`);
}

/**
 * Starts a program that is to run until `stopAll`.
 *
 * @param watched restart it when one of its files changes
 */
export function startProgram(
  name: string,
  script: string,
  cwd: string,
  env: Variables,
  watched: boolean,
): void {
  const parameters = watched ? ['--watch', '--watch-preserve-output', script] : [script];
  launch(name, parameters, cwd, env).once('exit', (code) => {
    if (stopping) return;
    failed = new Error(`The ${name} ended by itself (exit code ${code}); see above for the reason.`);
    process.kill(process.pid, 'SIGTERM');
  });
}

/** Waits until a URL answers 200. @throws Error when it does not in time, or a program ended */
export async function waitUntilReady(url: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  // Knocking costs next to nothing, other than a request that fails.
  while (!(await accepts(Number(new URL(url).port))) || !(await answers(url))) {
    if (failed) throw failed;
    if (Date.now() > deadline) throw new Error(`${url} does not answer.`);
    await delay(50);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: 'localhost' }, () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** Ends every program: politely first, then for good. */
export async function stopAll(): Promise<void> {
  stopping = true;
  if (failed) console.error(`\n${failed.message}`);
  const children = [...running.values()];
  const ends = Promise.all(children.map((child) => once(child, 'exit')));
  for (const child of children) signal(child, 'SIGTERM');
  await Promise.race([ends, delay(STOP_TIMEOUT_MS)]);
  for (const child of running.values()) signal(child, 'SIGKILL');
}

/** Reaches the whole group of a program: the one that `node --watch` started, too. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (child.pid) process.kill(-child.pid, name);
  } catch {
    // It has ended already.
  }
}
