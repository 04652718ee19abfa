import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PRODUCTION_NODE_OPTIONS } from '../lib/settings.js';

/** Starts a program and waits until it says where it listens. */
export async function start(script, { args = [], env = {}, nodeOptions = [] } = {}) {
  const child = spawn(
    process.execPath,
    [...nodeOptions, fileURLToPath(new URL(script, import.meta.url)), ...args],
    {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /listens on (http:\/\/[\w.:[\]]+)/.exec(line)?.[1];
    if (url) {
      child.stdout.resume();
      return { url, pid: child.pid, stop };
    }
  }
  throw new Error(`${script} ended before it listened`);
}

/** The built API. */
export const startApi = (issuer, databaseUrl, poolSize) =>
  start('../../dist/main.js', {
    nodeOptions: PRODUCTION_NODE_OPTIONS,
    env: {
      NODE_ENV: 'production',
      PORT: '0',
      HOST: '127.0.0.1',
      BASE_URL: 'http://127.0.0.1:3001',
      ISSUER_BASE_URL: issuer.url,
      ALLOWED_AUDIENCES: issuer.audience,
      DATABASE_URL: databaseUrl,
      DATABASE_POOL_SIZE: String(poolSize),
      RATE_LIMIT: '0',
      FAILED_AUTH_LIMIT: '0',
      LOG_LEVEL: 'info',
    },
  });
