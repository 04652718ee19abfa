import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { AUDIT_STREAM } from '../../src/audit/audit.tokens.js';
import { LOG_STREAM } from '../../src/logging/logging.tokens.js';
import { Metrics } from '../../src/metrics/metrics.js';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { LogLines } from '../support/log-lines.js';
import { createTestApp } from '../support/test-app.js';
import { timeUntil } from '../support/time-until.js';

const WRITES = 10;
const expense = JSON.stringify({ date: '2026-03-01', description: 'Taxi', value: 12, currency: 'EUR' });

let issuer: TestIssuer;
let app: TestApp;
let address: { host: string; port: number };
const log = new LogLines();
const audit = new LogLines();

beforeAll(async () => {
  issuer = await startTestIssuer();
  app = await createTestApp({
    issuer,
    variables: { LOG_LEVEL: 'info', METRICS_PORT: '0' },
    override: (module) =>
      module.overrideProvider(LOG_STREAM).useValue(log).overrideProvider(AUDIT_STREAM).useValue(audit),
  });
  const { hostname, port } = new URL(await app.listen());
  address = { host: hostname, port: Number(port) };
});
afterAll(async () => {
  await app?.close();
  await issuer?.close();
});

/** Sends bytes, and resets the connection some milliseconds later. */
async function sendAndReset(text: string, afterMs: number): Promise<void> {
  const socket = connect(address);
  await once(socket, 'connect');
  socket.write(text);
  await pause(afterMs);
  socket.resetAndDestroy();
  await once(socket, 'close');
}

const head = (method: string, path: string, token: string, more = '') =>
  `${method} ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\n${more}\r\n`;
const post = (token: string, body = expense, length = body.length) =>
  `${head('POST', '/expenses', token, `content-type: application/json\r\ncontent-length: ${length}\r\n`)}${body}`;

describe('when the client has gone', () => {
  it('every write has its audit event with what became of it, a line in the log and a count', async () => {
    const sub = 'auth0|hasty';
    const token = issuer.tokenFor({ sub, scopes: ['create:expenses'] });
    for (let sent = 0; sent < WRITES; sent += 1) await sendAndReset(post(token), 3);
    const list = () => app.get('/', issuer.tokenFor({ sub, scopes: ['read:reports'] }));
    const events = () => audit.lines.filter(({ subject }) => subject === sub);
    // A reset that overtakes the request takes it away from the kernel's buffer: not every one arrives.
    await pause(1000);
    const rows = (await list()).json<{ id: string }[]>();
    const written = events().filter(({ status }) => status === 201);
    expect(events().length).toBeGreaterThan(0);
    // As many as rows, each with the row that it is about.
    expect(new Set(written.map(({ resource }) => resource))).toEqual(new Set(rows.map(({ id }) => id)));
    expect(written).toHaveLength(rows.length);
    const lines = log.lines.filter(({ route, method }) => route === '/expenses' && method === 'POST');
    // Of some that were reset early it is not known who sent them; they have written nothing.
    const all = audit.lines.filter(({ action }) => action === 'POST /expenses');
    expect(lines).toHaveLength(all.length);
    const counted = await app.app
      .get(Metrics)
      .registry.getSingleMetricAsString('http_request_duration_seconds');
    const total = [...counted.matchAll(/_count\{method="POST",route="\/expenses",status="\d+"\} (\d+)/g)]
      .map(([, count]) => Number(count))
      .reduce((sum, count) => sum + count, 0);
    expect(total).toBe(all.length);
  });

  it('a request whose body never came has an end, too', async () => {
    const token = issuer.tokenFor({ sub: 'auth0|half', scopes: ['create:expenses'] });
    await sendAndReset(post(token, '{"date":', 400), 50);
    await timeUntil(() => audit.lines.some(({ subject }) => subject === 'auth0|half'));
    expect(audit.lines.filter(({ subject }) => subject === 'auth0|half')).toMatchObject([
      { action: 'POST /expenses', isDelivered: false },
    ]);
  });

  it('requests that wait behind others on its connection end with it', async () => {
    const token = issuer.tokenFor({ sub: 'auth0|queue', scopes: ['create:expenses'] });
    await sendAndReset(post(token).repeat(5), 3);
    await timeUntil(() => audit.lines.filter(({ subject }) => subject === 'auth0|queue').length >= 5);
    const rows = await app.get('/', issuer.tokenFor({ sub: 'auth0|queue', scopes: ['read:reports'] }));
    const written = audit.lines.filter(({ subject, status }) => subject === 'auth0|queue' && status === 201);
    expect(written).toHaveLength(rows.json<unknown[]>().length);
  });
});

const monthlyEvents = () => audit.lines.filter(({ action }) => action === 'GET /reports/monthly');

describe('requests without a token', () => {
  it('have one audit event and a count, however many there are', async () => {
    for (let sent = 0; sent < 50; sent += 1) await app.get('/reports/monthly');
    expect(monthlyEvents()).toHaveLength(1);
    await app.get('/reports/monthly', 'a.b.c');
    expect(monthlyEvents()).toHaveLength(2);
  });
});
