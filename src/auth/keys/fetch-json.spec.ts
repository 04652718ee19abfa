import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { fetchJson, MAX_ANSWER_BYTES } from './fetch-json.js';

let server: Server;
let url: string;
let answer: RequestListener;
let hits = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    hits += 1;
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
});

afterAll(() => {
  server?.closeAllConnections();
  server?.close();
});

const get = (patienceMs = 5000) => fetchJson(url, AbortSignal.timeout(patienceMs));
const answerWith = (body: string | Buffer, headers = {}, status = 200) => {
  answer = (_request, response) => response.writeHead(status, headers).end(body);
};

it('gives a JSON object back, whatever its media type', async () => {
  answerWith('{"keys":[]}', { 'content-type': 'text/plain' });
  expect(await get()).toMatchObject({ body: { keys: [] }, maxAgeSeconds: undefined });
});

describe('how long the answer may be kept', () => {
  it.each([
    ['max-age=300', 300],
    ['public, max-age=300, must-revalidate', 300],
    ['MAX-AGE="300"', 300],
    ['s-maxage=10, max-age=300', 300],
    ['max-age=99999999999999', 9_999_999_999],
    ['no-store', 0],
    ['no-cache, max-age=300', 0],
    ['private', undefined],
    ['max-age=-1', undefined],
    ['max-age=soon', undefined],
    ['x-max-age=300', undefined],
  ])('is read from Cache-Control: %s', async (header, seconds) => {
    answerWith('{}', { 'cache-control': header });
    expect((await get()).maxAgeSeconds).toBe(seconds);
  });
});

describe('every other answer is an error that says what was wrong', () => {
  it.each([
    ['an empty body', '', 200, 'did not answer JSON'],
    ['HTML', '<!doctype html>', 200, 'did not answer JSON'],
    ['half of an object', '{"keys":', 200, 'did not answer JSON'],
    ['a list', '[]', 200, 'did not answer a JSON object'],
    ['null', 'null', 200, 'did not answer a JSON object'],
    ['text', '"keys"', 200, 'did not answer a JSON object'],
    ['201', '{}', 201, 'answered 201'],
    ['204', '', 204, 'answered 204'],
    ['304', '', 304, 'answered 304'],
    ['404', '{}', 404, 'answered 404'],
    ['500', '{}', 500, 'answered 500'],
  ])('%s', async (_title, body, status, message) => {
    answerWith(body, {}, status);
    await expect(get()).rejects.toThrow(`${url} ${message}`);
  });

  it.each([301, 302, 303, 307, 308])('a redirect, which is not followed: %i', async (status) => {
    hits = 0;
    answerWith('', { location: '/elsewhere' }, status);
    await expect(get()).rejects.toThrow(`${url} answered ${status}`);
    expect(hits).toBe(1);
  });

  it('more than the limit', async () => {
    answerWith(JSON.stringify({ padding: 'x'.repeat(MAX_ANSWER_BYTES) }));
    await expect(get()).rejects.toThrow('answered more than 1048576 bytes');
  });

  it('more than the limit once it is unpacked', async () => {
    const packed = gzipSync(JSON.stringify({ padding: 'x'.repeat(4 * MAX_ANSWER_BYTES) }));
    expect(packed.length).toBeLessThan(MAX_ANSWER_BYTES);
    answerWith(packed, { 'content-encoding': 'gzip' });
    await expect(get()).rejects.toThrow('answered more than 1048576 bytes');
  });

  it('an answer that never ends', async () => {
    answer = (_request, response) => {
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    };
    await expect(get(300)).rejects.toThrow(/abort|time/i);
  });

  it('an answer that breaks off', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{', () => response.destroy());
    };
    await expect(get()).rejects.toThrow('terminated');
  });
});

describe('the address', () => {
  it.each([
    'http://issuer.example.com/',
    'http://127.0.0.1.example.com/',
    'ftp://localhost/',
    'file:///etc/passwd',
    'data:application/json,{}',
  ])('is refused before anything is sent: %s', async (address) => {
    await expect(fetchJson(address, AbortSignal.timeout(1000))).rejects.toThrow('must use https');
  });

  it('is refused when it is none', async () => {
    await expect(fetchJson('issuer', AbortSignal.timeout(1000))).rejects.toThrow('Invalid URL');
  });
});
