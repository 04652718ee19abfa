import { Agent, get, type IncomingMessage, request } from 'node:http';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';
import { ApiProcess } from './support/api-process.js';
import { createDatabase, type TestDatabase } from './support/postgres.js';
import { Load } from './support/load.js';

const scopes = ['read:reports', 'create:expenses'];

let issuer: TestIssuer | undefined;
let database: TestDatabase | undefined;
let api: ApiProcess | undefined;

beforeAll(async () => {
  issuer = await startTestIssuer();
  database = await createDatabase();
});
afterEach(() => api?.kill());
afterAll(async () => {
  await database?.drop();
  await issuer?.close();
});

const start = (variables = {}) => ApiProcess.start(issuer!, { DATABASE_URL: database!.url, ...variables });

describe('SIGTERM', () => {
  it('under load: not one request fails, and the process ends with 0 within the grace time and the bound', async () => {
    api = await start({ SHUTDOWN_GRACE: '2', SHUTDOWN_TIMEOUT: '5' });
    const { url } = api;
    const token = issuer!.tokenFor({ scopes });
    // What a balancer does: it sends nothing more once the process says that it is not ready.
    let open = true;
    const load = new Load({ url: () => (open ? `${url}/` : undefined), token: () => token, connections: 16 });
    await delay(1500);
    const before = load.samples.length;
    const stopped = api.stop();
    while (await api.isReady()) await delay(50);
    await delay(500);
    const afterwards = load.samples.length;
    open = false;
    await load.stop();
    const { code, milliseconds } = await stopped;
    expect(load.counts).toEqual({ 200: load.samples.length });
    expect(before).toBeGreaterThan(20);
    expect(afterwards).toBeGreaterThan(before);
    expect(code).toBe(0);
    expect(milliseconds).toBeGreaterThan(1900);
    expect(milliseconds).toBeLessThan(7000);
  });

  it('says at once that it is not ready, and asks clients to leave their connections', async () => {
    api = await start({ SHUTDOWN_GRACE: '2' });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = async (path: string) => {
      const [response] = (await once(get(`${api!.url}${path}`, { agent }), 'response')) as [IncomingMessage];
      response.resume();
      await once(response, 'close');
      return { status: response.statusCode, connection: response.headers.connection };
    };
    expect(await ask('/health/ready')).toEqual({ status: 200, connection: 'keep-alive' });
    const stopped = api.stop();
    await delay(300);
    expect(await ask('/health/live')).toEqual({ status: 200, connection: 'close' });
    expect(await ask('/health/ready')).toEqual({ status: 503, connection: 'close' });
    expect((await stopped).code).toBe(0);
    agent.destroy();
  });

  it('lets a request that is under way end', async () => {
    api = await start({ SHUTDOWN_TIMEOUT: '10' });
    const body = JSON.stringify({ date: '2026-03-01', description: 'Train', value: 42 });
    const slow = request(`${api.url}/expenses`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${issuer!.tokenFor({ scopes })}`,
        'content-type': 'application/json',
        'content-length': body.length,
      },
    });
    const answered = once(slow, 'response') as Promise<[IncomingMessage]>;
    slow.write(body.slice(0, 10));
    await delay(300);
    const stopped = api.stop();
    await delay(700);
    slow.end(body.slice(10));
    const [response] = await answered;
    expect(response.statusCode).toBe(201);
    response.resume();
    expect((await stopped).code).toBe(0);
  });

  it('does not wait for connections that are silent, idle or half-sent, and closes them within two seconds', async () => {
    api = await start({ SHUTDOWN_GRACE: '0', SHUTDOWN_TIMEOUT: '20' });
    const { port } = new URL(api.url);
    const token = issuer!.tokenFor({ scopes });
    const head = `POST /expenses HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n`;
    const live = 'GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n';
    const begun = [
      '',
      'G',
      'GET / HTTP/1.1\r\nhost',
      live,
      `${live}GET / HTTP`,
      `${head}content-length: 50\r\n\r\n{"date"`,
      `${head}transfer-encoding: chunked\r\n\r\n5\r\n{"dat`,
    ];
    const sockets = begun.map((text) => {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => undefined).resume();
      if (text !== '') socket.write(text);
      return socket;
    });
    await delay(500);
    const { code, milliseconds } = await api.stop();
    for (const socket of sockets) socket.destroy();
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(4000);
  });

  it('cuts what takes longer than the bound, and still ends with 0', async () => {
    api = await start({ SHUTDOWN_TIMEOUT: '1' });
    const socket = connect({ port: api.port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.write('POST /expenses HTTP/1.1\r\nhost: api\r\ncontent-length: 100\r\n\r\n{');
    await delay(300);
    const { code, milliseconds } = await api.stop();
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(4000);
    socket.destroy();
  });

  it('a second signal ends the process at once', async () => {
    api = await start({ SHUTDOWN_GRACE: '60' });
    api.child.kill('SIGTERM');
    await delay(300);
    expect(api.hasEnded).toBe(false);
    const { code, milliseconds } = await api.stop();
    expect(code).toBe(143);
    expect(milliseconds).toBeLessThan(1000);
  });

  it('during an outage of the issuer ends the process as well', async () => {
    api = await start();
    await issuer!.fail('hang');
    expect((await api.stop()).code).toBe(0);
    await issuer!.recover();
  });
});
