import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startTestIssuer } from '../../dist/testing/test-issuer.js';
import { Connection } from '../lib/connection.js';
import { residentMiB } from '../lib/process.js';
import { PRODUCTION_NODE_OPTIONS } from '../lib/settings.js';

/*
 * Program: runs the built API under load for a while and watches its memory. Every tenth token is new, every twentieth is
 * forged, so that whatever remembers something is filled and emptied. Fails when an answer is wrong, or when memory
 * grows: the least memory of the last quarter may be at most a tenth above that of the second one.
 *   --minutes n    default 10
 *   --database url default pglite:memory://
 */
const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    database: { type: 'string', default: 'pglite:memory://' },
  },
});
const CONNECTIONS = 16;
const SAMPLE_MS = 1000;
const PORT = 3993;
const durationMs = Number(options.minutes) * 60_000;
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const issuer = await startTestIssuer();
const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const api = spawn(process.execPath, [...PRODUCTION_NODE_OPTIONS, main], {
  stdio: ['ignore', 'ignore', 'inherit'],
  env: {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    PORT: String(PORT),
    HOST: '127.0.0.1',
    BASE_URL: 'http://127.0.0.1:3001',
    ISSUER_BASE_URL: issuer.url,
    ALLOWED_AUDIENCES: issuer.audience,
    DATABASE_URL: options.database,
    // Below the number of tokens sent, so that the least recently used ones are dropped all the time.
    VERIFIED_TOKENS: '1000',
    RATE_LIMIT: '1000000',
    FAILED_AUTH_LIMIT: '0',
  },
});
process.once('exit', () => api.kill('SIGKILL'));
while (!(await fetch(`http://127.0.0.1:${PORT}/health/ready`).catch(() => undefined))?.ok) {
  if (api.exitCode !== null) throw new Error('the API did not start');
  await sleep(100);
}

const tokens = Array.from({ length: 500 }, (_, index) => tokenOf(index));
let sent = 0;
let answers = 0;
let wrong = 0;
let stopping = false;
let open = CONNECTIONS;
const closed = Promise.withResolvers();
const expected = new Map();

function tokenOf(index) {
  return issuer.tokenFor({ sub: `auth0|${index}`, scopes: ['read:reports'] });
}

function next(connection) {
  if (stopping) {
    connection.end();
    return;
  }
  sent += 1;
  const isForged = sent % 20 === 0;
  let token = tokens[sent % tokens.length];
  if (isForged) token = `${token.slice(0, -4)}AAAA`;
  else if (sent % 10 === 5) token = tokenOf(sent % 5000);
  expected.set(connection, isForged ? 401 : 200);
  connection.send(
    Buffer.from(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${PORT}\r\nAuthorization: Bearer ${token}\r\n\r\n`),
  );
}

function answered(connection, status) {
  answers += 1;
  if (status !== expected.get(connection)) wrong += 1;
  next(connection);
}

function onClose(error) {
  if (error) closed.reject(error);
  if (--open === 0) closed.resolve();
}

for (let count = 0; count < CONNECTIONS; count += 1) next(new Connection(PORT, answered, onClose));
const samples = [];
const endAt = performance.now() + durationMs;
while (performance.now() < endAt) {
  await Promise.race([sleep(SAMPLE_MS), closed.promise]);
  samples.push(residentMiB(api.pid));
}
stopping = true;
await closed.promise;
const ended = once(api, 'exit');
api.kill('SIGTERM');
const [exitCode] = await ended;
await issuer.close();

const quarter = Math.floor(samples.length / 4);
const least = (from) => Math.round(Math.min(...samples.slice(from * quarter, (from + 1) * quarter)));
const quarters = [0, 1, 2, 3].map(least);
const grew = quarters[3] > quarters[1] * 1.1;
process.stdout.write(
  `${JSON.stringify({
    minutes: Number(options.minutes),
    answers,
    requestsPerSecond: Math.round((answers / durationMs) * 1000),
    wrong,
    leastResidentMiBByQuarter: quarters,
    mostResidentMiB: Math.round(Math.max(...samples)),
    exitCode,
  })}\n`,
);
process.exit(wrong > 0 || grew || exitCode !== 0 ? 1 : 0);
