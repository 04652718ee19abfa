import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fetchKeys } from './key-fetcher.js';

let server: Server;
let url: string;
let document: object;

beforeAll(async () => {
  server = createServer((_request, response) => response.end(JSON.stringify(document)));
  await once(server.listen(0, 'localhost'), 'listening');
  url = `http://localhost:${(server.address() as AddressInfo).port}/keys`;
});

afterAll(() => {
  server?.closeAllConnections();
  server?.close();
});

it.each<[string, object]>([
  ['no keys', {}],
  ['an object of keys', { keys: { kty: 'RSA' } }],
  ['an object that has a length', { keys: { length: 0 } }],
  ['text', { keys: 'RSA' }],
  ['null', { keys: null }],
])('a document with %s in the place of a list is no key set', async (_title, answered) => {
  document = answered;
  await expect(fetchKeys(url, AbortSignal.timeout(5000))).rejects.toThrow(`${url} did not answer a key set`);
});

it('a list without a key that can be used is a key set, of which that is said', async () => {
  document = { keys: [] };
  await expect(fetchKeys(url, AbortSignal.timeout(5000))).rejects.toThrow(
    `${url} has no key that can verify RS256 signatures`,
  );
});
