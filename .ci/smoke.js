// Starts the built API as an operator would, and checks that it answers, refuses and stops. Prints its start-up time.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const port = 3900 + (process.pid % 90);
const folder = mkdtempSync(join(tmpdir(), 'expenses-smoke-'));
const environment = {
  PATH: process.env.PATH,
  PORT: String(port),
  ISSUER_BASE_URL: 'http://localhost:3899',
  ALLOWED_AUDIENCES: 'https://expenses-api',
  DATABASE_URL: `pglite:${folder}/database`,
  LOG_LEVEL: 'warn',
};

async function start() {
  const startedAt = performance.now();
  const api = spawn(process.execPath, [resolve('dist/main.js')], {
    cwd: folder,
    env: environment,
    stdio: 'inherit',
  });
  for (;;) {
    if (api.exitCode !== null) throw new Error(`the API ended with exit code ${api.exitCode}`);
    const response = await fetch(`http://localhost:${port}/`).catch(() => undefined);
    if (response) return { api, response, milliseconds: Math.round(performance.now() - startedAt) };
    await delay(20);
  }
}

async function stop(api) {
  api.kill('SIGTERM');
  const [code] = await once(api, 'exit');
  if (code !== 0) throw new Error(`the API ended with exit code ${code} after SIGTERM`);
}

try {
  const first = await start();
  if (first.response.status !== 401)
    throw new Error(`GET / without a token answered ${first.response.status}`);
  await stop(first.api);
  const second = await start();
  await stop(second.api);
  console.log(
    `start-up to first answer: ${first.milliseconds} ms with a new database, ${second.milliseconds} ms after`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
