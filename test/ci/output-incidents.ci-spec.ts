import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';
import { freePort } from '../support/free-addresses.js';
import { timeUntil } from '../support/time-until.js';
import { ApiProcess } from './support/api-process.js';
import { createDatabase, type TestDatabase } from './support/postgres.js';

// What becomes of the service when nobody takes what it writes. A stop may wait for connections, but not for outputs.
const STOP_LIMIT_MS = 5000;

let issuer: TestIssuer;
let database: TestDatabase;
let token = '';
let running: ApiProcess | undefined;
const cleanups: (() => void)[] = [];

beforeAll(async () => {
  issuer = await startTestIssuer();
  database = await createDatabase();
  token = issuer.tokenFor({ scopes: ['read:reports', 'create:expenses'] });
});
afterEach(async () => {
  await running?.kill();
  for (const cleanup of cleanups.splice(0)) cleanup();
});
afterAll(async () => {
  await database?.drop();
  await issuer?.close();
});

/** @param stdout a descriptor instead of a pipe that is read */
async function start(
  variables: Record<string, string> = {},
  stdout: number | 'pipe' = 'pipe',
): Promise<ApiProcess> {
  running = await ApiProcess.spawn(issuer, { DATABASE_URL: database.url, ...variables }, stdout);
  await running.ready();
  return running;
}

const read = () => fetch(`${running!.url}/`, { headers: { authorization: `Bearer ${token}` } });
const write = () =>
  fetch(`${running!.url}/expenses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ date: '2026-03-01', description: 'x', value: 1, currency: 'EUR' }),
  });

async function statusesOf(count: number, ask: () => Promise<Response>): Promise<Set<number>> {
  const statuses = new Set<number>();
  for (let index = 0; index < count; index += 1) {
    const answer = await ask();
    await answer.arrayBuffer();
    statuses.add(answer.status);
  }
  return statuses;
}

interface Health {
  readonly status: string;
  readonly details: Record<string, { readonly status: string }>;
}
const health = async () => (await (await fetch(`${running!.url}/health/ready`)).json()) as Health;

/** A disk of its own with no room left; it takes the right to mount one. */
function fullDisk(): { folder: string; makeRoom: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'expenses-output-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
  cleanups.push(() => {
    execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(join(folder, 'filler'), Buffer.alloc(bavail * bsize));
  return { folder, makeRoom: () => rmSync(join(folder, 'filler')) };
}

async function counted(metric: string, metricsPort: number): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  return Number(new RegExp(String.raw`^${metric}\S* (\d+)$`, 'm').exec(metrics)?.[1]);
}

/** A port where somebody listens and never answers. */
async function silentPort(): Promise<{ server: Server; port: number; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { server, sockets, port: (server.address() as { port: number }).port };
}

describe('standard output', () => {
  it('on a full disk: every request is answered, what is lost is counted, and SIGTERM ends the process', async () => {
    const { folder, makeRoom } = fullDisk();
    const log = openSync(join(folder, 'log'), 'a');
    cleanups.push(() => closeSync(log));
    const metricsPort = await freePort();
    const api = await start({ METRICS_PORT: String(metricsPort) }, log);

    expect(await statusesOf(600, read)).toEqual(new Set([200]));
    expect((await fetch(`${api.url}/health/live`)).status).toBe(200);
    await timeUntil(async () => (await counted('log_lines_lost_total', metricsPort)) > 0);
    expect(api.output.split('\n').filter((line) => line !== '')).toHaveLength(1);

    makeRoom();
    expect(await statusesOf(5, read)).toEqual(new Set([200]));
    await timeUntil(() => readFileSync(join(folder, 'log'), 'utf8').includes('"msg":"request"'));
    const { code, milliseconds } = await api.stop();
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(STOP_LIMIT_MS);
  });

  it('that takes nothing at all, from the start: it serves, and SIGTERM ends it', async () => {
    const full = openSync('/dev/full', 'w');
    cleanups.push(() => closeSync(full));
    const api = await start({}, full);
    expect(await statusesOf(500, read)).toEqual(new Set([200]));
    const { code, milliseconds } = await api.stop();
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(STOP_LIMIT_MS);
  });

  it('whose reader stalls: at most 1 MiB waits for it, the rest is counted as lost, and SIGTERM ends it', async () => {
    const metricsPort = await freePort();
    const api = await start({ METRICS_PORT: String(metricsPort) });
    api.child.stdout!.pause();
    // More than 2 MB of log lines.
    const clients = Array.from({ length: 8 }, () => statusesOf(1000, read));
    for (const statuses of await Promise.all(clients)) expect(statuses).toEqual(new Set([200]));
    await timeUntil(async () => (await counted('log_lines_lost_total', metricsPort)) > 0);
    const { code, milliseconds } = await api.stop();
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(STOP_LIMIT_MS);
  });

  it('whose reader has gone: it serves, and SIGTERM ends it', async () => {
    const api = await start();
    api.child.stdout!.destroy();
    expect(await statusesOf(100, read)).toEqual(new Set([200]));
    expect((await api.stop()).code).toBe(0);
  });
});

describe('AUDIT_LOG on a full disk', () => {
  it('is told in the log, the metrics and the readiness, and is fine again with room', async () => {
    const { folder, makeRoom } = fullDisk();
    const metricsPort = await freePort();
    const api = await start({
      AUDIT_LOG: join(folder, 'audit'),
      METRICS_PORT: String(metricsPort),
    });
    expect(await statusesOf(3, write)).toEqual(new Set([201]));
    await api.logged('Audit events cannot be written');
    await api.logged('ENOSPC');
    await timeUntil(async () => (await health()).status === 'degraded');
    expect((await health()).details.audit?.status).not.toBe('up');
    await timeUntil(async () => (await counted('audit_events_lost_total', metricsPort)) === 3);

    makeRoom();
    expect(await statusesOf(1, write)).toEqual(new Set([201]));
    await timeUntil(async () => (await health()).status === 'ok');
    await timeUntil(() => readFileSync(join(folder, 'audit'), 'utf8').includes('"action":"POST /expenses"'));
  });

  it('refuses writes, and only those, with AUDIT_REQUIRED=true', async () => {
    const { folder, makeRoom } = fullDisk();
    await start({ AUDIT_LOG: join(folder, 'audit'), AUDIT_REQUIRED: 'true' });
    const before: unknown = await (await read()).json();
    const refused = await write();
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'audit_unavailable' });
    expect(await (await read()).json()).toEqual(before);
    makeRoom();
    expect((await write()).status).toBe(201);
  });
});

describe('readers that hang', () => {
  it('an OTLP receiver and a reader of the metrics cost no request, and no time at the stop', async () => {
    const { port, sockets } = await silentPort();
    const metricsPort = await freePort();
    const api = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      METRICS_PORT: String(metricsPort),
    });
    const scrape = new AbortController();
    const half = fetch(`http://127.0.0.1:${metricsPort}/metrics`, { signal: scrape.signal }).catch(() => {});
    expect(await statusesOf(300, read)).toEqual(new Set([200]));
    await timeUntil(() => sockets.size > 0);
    const { code, milliseconds } = await api.stop();
    scrape.abort();
    await half;
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(STOP_LIMIT_MS);
  });
});

it('SIGUSR1, SIGUSR2 and SIGPIPE change and open nothing, and SIGHUP stops as SIGTERM does', async () => {
  const api = await start();
  for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGPIPE'] as const) api.child.kill(signal);
  await delay(500);
  expect((await read()).status).toBe(200);
  expect(api.output).not.toContain('Debugger listening');
  expect((await api.stop('SIGHUP')).code).toBe(0);
});
