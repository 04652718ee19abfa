import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createTestApp } from '../support/test-app.js';

// What becomes of a connection whose client is answered while it still sends.

let issuer: TestIssuer;
let app: TestApp;

beforeAll(async () => {
  issuer = await startTestIssuer();
  app = await createTestApp({ issuer });
  await app.listen();
});
afterAll(async () => {
  await app?.close();
  await issuer?.close();
});

/** Both ends of a connection; its client reads nothing yet. */
async function connected(to = app): Promise<{ client: Socket; served: Socket }> {
  const server: Server = to.app.getHttpServer();
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
  const failure = new Promise<never>((_, reject) => client.once('error', reject));
  const [served] = await Promise.race([accepted, failure]);
  return { client, served };
}

/** What a client finds that begins to read now, once it has gone on to send for a moment. */
async function answerTo(client: Socket, served: Socket): Promise<string> {
  if (!served.writableFinished) await once(served, 'finish');
  await pause(50);
  client.write('x'.repeat(100_000));
  let received = '';
  client.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
  client.resume();
  await once(client, 'end');
  return received;
}

const MUCH = 900_000;
const post = (path: string, token: string, headers: string) =>
  `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${token && `authorization: Bearer ${token}\r\n`}` +
  `${headers}\r\n\r\n`;
const inChunks = `${MUCH.toString(16)}\r\n`;

const requests: [string, number, () => string][] = [
  ['who has no token', 401, () => post('/expenses', '', `content-length: ${MUCH}`)],
  ['whose token is forged', 401, () => post('/expenses', 'a.b.c', `content-length: ${MUCH}`)],
  ['whose token is poor', 403, () => post('/expenses', issuer.tokenFor({}), `content-length: ${MUCH}`)],
  [
    'who has no token, and sends chunks',
    401,
    () => post('/expenses', '', 'transfer-encoding: chunked') + inChunks,
  ],
  ['who has no token for an import', 401, () => post('/expenses/import', '', `content-length: ${MUCH}`)],
  [
    'who sends too much',
    413,
    () => post('/expenses', issuer.tokenFor({ scopes: ['create:expenses'] }), `content-length: ${MUCH}`),
  ],
  ['of a path that is not there', 404, () => post('/nothing', '', `content-length: ${MUCH}`)],
  ['of a method that is not there', 405, () => post('/currencies', '', `content-length: ${MUCH}`)],
  ['of a path that cannot be decoded', 400, () => post('/%zz', '', `content-length: ${MUCH}`)],
  ['of a path that is too long', 414, () => post(`/${'x'.repeat(5000)}`, '', `content-length: ${MUCH}`)],
  ['of OPTIONS', 204, () => `OPTIONS / HTTP/1.1\r\nhost: a\r\ncontent-length: ${MUCH}\r\n\r\n`],
  ['whose headers are too large', 431, () => `GET / HTTP/1.1\r\nhost: a\r\nx-many: ${'x'.repeat(20_000)}`],
];

it('a client reads its answer although it was still sending, and little of the rest is read', async () => {
  const ends: Promise<[who: string, answer: string, bytesRead: number]>[] = [];
  for (const [who, , head] of requests) {
    const { client, served } = await connected();
    client.write(`${head()}${'x'.repeat(MUCH)}`);
    ends.push(endOf(who, client, served));
  }
  for (const [index, [who, answer, bytesRead]] of (await Promise.all(ends)).entries()) {
    const status = String.raw`^HTTP/1.1 ${requests[index]![1]} `;
    const isLast = String.raw`[^]*\r\nconnection: close\r\n[^]*(?:\}|\r\n\r\n)$`;
    expect([who, answer]).toEqual([who, expect.stringMatching(new RegExp(status + isLast, 'i'))]);
    expect(bytesRead).toBeLessThan(300_000);
  }
});

async function endOf(who: string, client: Socket, served: Socket): Promise<[string, string, number]> {
  const closed = once(served, 'close');
  const answer = await answerTo(client, served);
  client.destroy();
  await closed;
  return [who, answer, served.bytesRead];
}

it('little is read of what has arrived while the keys were fetched by which the caller is refused', async () => {
  issuer.delayMs = 300;
  const cold = await createTestApp({ issuer });
  await cold.listen();
  const { client, served } = await connected(cold);
  client.write(`${post('/expenses', issuer.tokenFor({}), `content-length: ${MUCH}`)}${'x'.repeat(MUCH)}`);
  const [, answer, bytesRead] = await endOf('', client, served);
  issuer.delayMs = 0;
  await cold.close();
  expect(answer).toMatch(/^HTTP\/1.1 403 /);
  expect(bytesRead).toBeLessThan(300_000);
});

it('a client that neither reads nor leaves is left a moment later', async () => {
  const { client, served } = await connected();
  client.on('error', () => undefined);
  client.write(`${post('/expenses', '', `content-length: ${MUCH}`)}${'x'.repeat(MUCH)}`);
  await once(served, 'close');
  client.destroy();
});

it('of many such clients at once only so many are waited for', async () => {
  const connections = [];
  for (let sent = 0; sent < 150; sent += 1) {
    const connection = await connected();
    connection.client.on('error', () => undefined);
    connection.client.write(`${post('/expenses', '', `content-length: ${MUCH}`)}${'x'.repeat(MUCH)}`);
    connections.push(connection);
  }
  for (const { served } of connections) if (!served.writableFinished) await once(served, 'finish');
  await pause(50);
  expect(connections.filter(({ served }) => !served.destroyed).length).toBeLessThanOrEqual(100);
  for (const { client } of connections) client.destroy();
});

it.each([
  ['/nothing', 404],
  ['/currencies', 405],
])('nobody waits for a body that is for nobody: %s', async (path, status) => {
  const { client } = await connected();
  client.resume().write(post(path, '', 'content-length: 100'));
  const [answer] = (await once(client, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  client.destroy();
});
