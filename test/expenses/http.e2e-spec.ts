import { Logger } from 'nestjs-pino';
import { gzipSync } from 'node:zlib';
import { type TestApp, TestIssuer } from '../../src/testing/index.js';
import { LogLines } from '../support/log-lines.js';
import { rawExchange } from '../support/raw-request.js';
import { createTestApp } from '../support/test-app.js';

const pizza = { date: '2021-07-05', description: 'Pizza', value: 102 };
const ORIGIN = 'https://app.example.com';
const NO_EXPENSE = '/expenses/0190a0a0-0000-7000-8000-000000000000';

describe('HTTP', () => {
  let issuer: TestIssuer;
  let api: TestApp;
  let token: string;
  const log = new LogLines();

  beforeAll(async () => {
    issuer = await TestIssuer.start();
    api = await createTestApp({
      issuer,
      variables: { CORS_ORIGINS: ORIGIN, LOG_LEVEL: 'info' },
      override: log.override,
    });
    const scopes = ['read:reports', 'create:expenses', 'update:expenses', 'delete:expenses'];
    token = issuer.tokenFor({ sub: 'alice', scopes });
  });

  afterAll(async () => {
    await api?.close();
    await issuer?.close();
  });

  const send = (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS',
    url: string,
    headers: Record<string, string> = {},
    payload?: string | Buffer,
  ) => api.inject({ method, url, headers, payload }, token);

  const json = { 'content-type': 'application/json' };

  it('refuses a JSON body that is not UTF-8', async () => {
    const latin1 = Buffer.from(JSON.stringify({ ...pizza, description: 'Caf\u00e9' }), 'latin1');
    const answer = await send('POST', '/expenses', json, latin1);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'malformed_request' });
  });

  it.each([
    ['application/json; charset=utf-8', 201],
    ['application/json; charset="UTF-8"', 201],
    ['application/json; charset=iso-8859-1', 415],
  ])('answers %s with %d', async (type, status) => {
    const answer = await send('POST', '/expenses', { 'content-type': type }, JSON.stringify(pizza));
    expect(answer.statusCode).toBe(status);
  });

  it('answers 415 with Accept-Encoding to a body that is compressed', async () => {
    const body = gzipSync(JSON.stringify(pizza));
    const answer = await send('POST', '/expenses', { ...json, 'content-encoding': 'gzip' }, body);
    expect(answer.statusCode).toBe(415);
    expect(answer.headers['accept-encoding']).toBe('identity');
  });

  it.each(['multipart/form-data; boundary=b', 'application/json', ''])(
    'answers 415 with the Accept of an import to a file of the type "%s"',
    async (type) => {
      const headers: Record<string, string> = type === '' ? {} : { 'content-type': type };
      const answer = await send('POST', '/expenses/import', headers, 'date,description,value\n');
      expect(answer.statusCode).toBe(415);
      expect(answer.headers.accept).toBe('text/csv');
    },
  );

  it('answers 415 with Accept-Patch to another kind of patch', async () => {
    const answer = await send('PATCH', NO_EXPENSE, { 'content-type': 'application/json-patch+json' }, '[]');
    expect(answer.statusCode).toBe(415);
    expect(answer.headers['accept-patch']).toBe('application/merge-patch+json, application/json');
  });

  it.each(['application/json', 'text/plain'])(
    'deletes, whatever type an empty body has: %s',
    async (type) => {
      const created = await send('POST', '/expenses', json, JSON.stringify(pizza));
      const { id } = created.json<{ id: string }>();
      expect((await send('DELETE', `/expenses/${id}`, { 'content-type': type })).statusCode).toBe(204);
    },
  );

  it.each([
    ['PUT', NO_EXPENSE, 'DELETE, GET, HEAD, OPTIONS, PATCH'],
    ['PATCH', '/expenses?x=1', 'DELETE, GET, HEAD, OPTIONS, POST'],
    ['POST', '/', 'GET, HEAD, OPTIONS'],
  ] as const)('answers 405 with Allow to %s %s', async (method, url, allowed) => {
    const answer = await send(method, url, json, '{}');
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe(allowed);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ code: 'method_not_allowed' });
  });

  it('answers 404 to a path that there is for no method', async () => {
    expect((await send('PUT', '/nothing')).statusCode).toBe(404);
  });

  it.each(['/', NO_EXPENSE])('answers OPTIONS %s without CORS headers with Allow', async (url) => {
    const answer = await send('OPTIONS', url);
    expect(answer.statusCode).toBe(204);
    expect(answer.headers.allow).toContain('GET');
  });

  it('answers OPTIONS of a path that there is for no method by 404, but not a preflight', async () => {
    for (const headers of [{}, { origin: ORIGIN }] as Record<string, string>[]) {
      const answer = await send('OPTIONS', '/nothing', headers);
      expect(answer.statusCode).toBe(404);
      expect(answer.json()).toMatchObject({ code: 'not_found' });
    }
    const preflight = { origin: ORIGIN, 'access-control-request-method': 'GET' };
    expect((await send('OPTIONS', '/nothing', preflight)).statusCode).toBe(204);
  });

  it('lets a page of an allowed origin send what the API reads, and read what it needs', async () => {
    const preflight = await send('OPTIONS', '/', {
      origin: ORIGIN,
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization,traceparent,tracestate,if-none-match',
    });
    expect(preflight.statusCode).toBe(204);
    expect(preflight.headers['access-control-allow-headers']).toMatch(
      /If-None-Match.*traceparent, tracestate/,
    );
    const answer = await send('GET', '/?count=true', { origin: ORIGIN });
    expect(answer.headers['access-control-expose-headers']).toContain('X-Total-Count');
    expect(answer.headers.vary).toMatch(/origin/i);
    expect(answer.headers.vary).toMatch(/accept/i);
  });

  describe('what Node would answer by itself', () => {
    let url: string;

    beforeAll(async () => {
      // As `createApp` has it, for what is no request yet.
      api.app.useLogger(api.app.get(Logger));
      url = await api.listen();
    });

    it.each([
      ['two Host headers', 'host: a\r\nhost: b', 400, 'malformed_request'],
      ['no Host header', 'x: y', 400, 'malformed_request'],
      ['another expectation', 'host: a\r\nexpect: 200-ok', 417, 'expectation_failed'],
      ['no HTTP', 'host: a\r\nno header', 400, 'malformed_request'],
      ['a space before a colon', 'host: a\r\nx : y', 400, 'malformed_request'],
      ['two lengths', 'host: a\r\ncontent-length: 1\r\ncontent-length: 2', 400, 'malformed_request'],
      ['too many headers', `host: a\r\nx: ${'y'.repeat(17_000)}`, 431, 'headers_too_large'],
    ])(
      'is a problem of ours, with our headers and a line in the log: %s',
      async (_name, headers, status, code) => {
        const request = `GET / HTTP/1.1\r\n${headers}\r\nconnection: close\r\n\r\n`;
        const [answer] = await rawExchange(url, request);
        expect(answer).toMatchObject({
          statusCode: status,
          headers: {
            'content-type': expect.stringMatching(/^application\/problem\+json/),
            'content-security-policy': "default-src 'none';frame-ancestors 'none'",
            'x-request-id': expect.any(String),
          },
        });
        const { requestId, ...problem } = JSON.parse(answer!.body) as Record<string, unknown>;
        expect(problem).toMatchObject({ status, code });
        expect(requestId).toBe(answer!.headers['x-request-id']);
        expect(log.of(requestId)).toMatchObject([{ status, code }]);
      },
    );

    it.each([
      ['', 200],
      [',', 200],
      ['100-Continue', 200],
      ['100-continue,', 200],
      [', 100-continue', 200],
      ['100-continue, 200-ok', 417],
      ['100-continued', 417],
      ['100-continue=1', 417],
    ])('reads Expect: %s', async (expectation, status) => {
      const lines = ['GET /health/live HTTP/1.1', 'host: a', 'connection: close', `expect: ${expectation}`];
      const [answer] = await rawExchange(url, `${lines.join('\r\n')}\r\n\r\n`);
      expect(answer?.statusCode).toBe(status);
    });

    it('is one, too: a tunnel that is asked for', async () => {
      const [answer] = await rawExchange(url, 'CONNECT a:443 HTTP/1.1\r\nhost: a:443\r\n\r\n');
      expect(answer).toMatchObject({
        statusCode: 400,
        headers: { 'content-type': expect.stringMatching(/^application\/problem\+json/) },
      });
      const { requestId } = JSON.parse(answer!.body) as Record<string, unknown>;
      expect(log.of(requestId)).toMatchObject([{ status: 400, code: 'malformed_request' }]);
    });

    it('is one, too: a head that stops coming', async () => {
      const [answer] = await rawExchange(url, 'GET / HTTP/1.1\r\nhost: a\r\n');
      expect(answer).toMatchObject({
        statusCode: 408,
        headers: {
          'content-type': expect.stringMatching(/^application\/problem\+json/),
          'cache-control': 'no-store',
          connection: 'close',
        },
      });
      const { requestId } = JSON.parse(answer!.body) as Record<string, unknown>;
      expect(log.of(requestId)).toMatchObject([{ status: 408, code: 'request_timeout' }]);
    });
  });
});
