import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Readiness } from '../src/health/readiness.js';
import { stop } from '../src/process/graceful-stop.js';
import { OpenConnections } from '../src/process/open-connections.js';
import { Lab } from './support/lab.js';
import { ALICE, loggedIn, logIn } from './support/people.js';
import { Visitor } from './support/visitor.js';

describe('The web application as a service', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start();
  });
  afterAll(() => lab?.close());

  it('says that it lives, and that it is ready until it is about to stop', async () => {
    for (const path of ['/health/live', '/health/ready']) {
      const answer = await fetch(lab.url + path);
      expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
    }
    const other = await lab.startOtherWeb({});
    try {
      other.app.get(Readiness).stop();
      const answer = await fetch(`${other.url}/health/ready`);
      expect([answer.status, await answer.json()]).toEqual([503, { status: 'shutting_down' }]);
      expect(answer.headers.get('retry-after')).toBe('5');
    } finally {
      await other.close();
    }
  });

  it('is not ready without its session store', async () => {
    const other = await lab.startOtherWeb({ REDIS_URL: 'redis://localhost:9' });
    try {
      const answer = await fetch(`${other.url}/health/ready`);
      expect([answer.status, await answer.json()]).toEqual([503, { status: 'error' }]);
      expect((await fetch(`${other.url}/health/live`)).status).toBe(200);
    } finally {
      await other.close();
    }
  });

  it.each([
    ['/%ff'],
    ['/%'],
    ['/expenses/%c0%af'],
    ['/assets/%ff'],
    ['/%E0%A4%A'],
    ['/nowhere'],
    [`/expenses/${'a'.repeat(5000)}`],
  ])('answers an address that is none by a page: %#', async (path) => {
    const answer = await fetch(lab.url + path, { redirect: 'manual' });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    const body = await answer.text();
    expect(body).toContain('<h1');
    expect(body).not.toContain(path.slice(1, 100) || '\0');
  });

  it.each([
    ['GET / HTTP/9.9\r\n\r\n', 400],
    ['GET /a b HTTP/1.1\r\nhost: x\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(40_000)}\r\n\r\n`, 431],
  ])('answers what is no HTTP by a page, too: %#', async (sent, status) => {
    const socket = connect(Number(new URL(lab.url).port), 'localhost');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.write(sent);
    await once(socket, 'close');
    const answer = Buffer.concat(chunks).toString();
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('<h1>');
  });

  it('writes a line for each request, with the API’s id and nothing that was typed', async () => {
    const lines: string[] = [];
    const { app, url } = await lab.startOtherWeb({}, { logTo: { write: (line) => void lines.push(line) } });
    try {
      const visitor = new Visitor(url);
      await logIn(visitor, lab, ALICE, `${url}/expenses?text=pizza`);
      const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(entries.find(({ route }) => route === '/callback')).toMatchObject({
        level: 'info',
        method: 'GET',
        status: 302,
      });
      const page = entries.find(({ route, status }) => route === '/expenses' && status === 200);
      expect(page?.['requestId']).toMatch(/^[\w-]{36}$/);
      const ids = page?.['apiRequestIds'] as string[];
      expect(ids.length).toBeGreaterThanOrEqual(3);
      for (const id of ids) expect(id).toMatch(/^[\w-]{36}$/);
      expect(lines.join()).not.toMatch(/pizza|alice|code=|state=/i);
    } finally {
      await app.close();
    }
  });

  it('finishes what is under way when it closes', async () => {
    const other = await lab.startOtherWeb({});
    const { visitor } = await loggedIn(lab, ALICE);
    await logIn(visitor, lab, ALICE, `${other.url}/expenses`);
    const arrived: unknown[] = [];
    const connections = new OpenConnections(other.app.getHttpServer());
    other.app.getHttpServer().on('request', (sent) => arrived.push(sent));
    const pages = Promise.all(Array.from({ length: 5 }, () => visitor.request(`${other.url}/expenses`)));
    while (arrived.length < 5) await delay(1);
    await Promise.all([stop(other.app, connections, { graceSeconds: 0, timeoutSeconds: 10 }), pages]);
    expect((await pages).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });

  it('does not wait for connections that are silent or half-sent when it closes', async () => {
    const other = await lab.startOtherWeb({});
    const connections = new OpenConnections(other.app.getHttpServer());
    const form = 'content-type: application/x-www-form-urlencoded';
    const file = 'content-type: multipart/form-data; boundary=x';
    const closed = [
      '',
      'GET',
      'GET / HTTP/1.1\r\nhost: x\r\n',
      `POST /login HTTP/1.1\r\nhost: x\r\n${form}\r\ncontent-length: 99\r\n\r\na=`,
      `POST /expenses/import HTTP/1.1\r\nhost: x\r\n${file}\r\ncontent-length: 99\r\n\r\n--x\r\n`,
      `POST /expenses HTTP/1.1\r\nhost: x\r\n${form}\r\ntransfer-encoding: chunked\r\n\r\n5\r\na`,
    ].map(async (sent) => {
      const socket = connect(Number(new URL(other.url).port), 'localhost');
      socket.on('error', () => {}).resume();
      await once(socket, 'connect');
      socket.write(sent);
      await once(socket, 'close');
    });
    await delay(100);
    const startedAt = performance.now();
    await stop(other.app, connections, { graceSeconds: 0, timeoutSeconds: 60 });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    await Promise.all(closed);
  });
});
