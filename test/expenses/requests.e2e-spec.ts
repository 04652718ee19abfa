import { type TestApp, TestIssuer } from '../../src/testing/index.js';
import { rawRequest } from '../support/raw-request.js';
import { createTestApp } from '../support/test-app.js';

// Requests as no client library sends them, so over a connection of their own.

const SCOPES = ['read:reports', 'create:expenses', 'update:expenses', 'delete:expenses'];
const JSON_TYPE = 'content-type: application/json';
const taxi = '{"date":"2026-01-02","description":"Taxi \u00C3\u00BC","value":9.5}';
const file = 'date,description,value\n2026-01-02,Bus,2.5\n';
const OF_EXPENSE = 'DELETE, GET, HEAD, OPTIONS, PATCH';

let issuer: TestIssuer;
let api: TestApp;
let url: string;
let id: string;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  api = await createTestApp({ issuer });
  url = await api.listen();
});

afterAll(async () => {
  await api?.close();
  await issuer?.close();
});

const send = (line: string, headers: readonly string[] = [], body = '') => {
  const token = issuer.tokenFor({ sub: 'alice', scopes: SCOPES });
  return rawRequest(
    url,
    `${line.replace('ID', id)} HTTP/1.1`,
    [`authorization: Bearer ${token}`, ...headers],
    body,
  );
};

beforeEach(async () => {
  id = (JSON.parse((await send('POST /expenses', [JSON_TYPE], taxi)).body) as { id: string }).id;
});

describe('Headers that speak of a body', () => {
  it.each([
    'content-encoding: gzip',
    'content-type: text/plain; charset=iso-8859-1',
    'content-type: nonsense',
    'content-type: application/json; charset=utf-16',
    'content-length: 0',
    'content-type:',
    'content-type: application/json\r\ncontent-length: 0\r\ncontent-encoding: br',
  ])('mean nothing where there is none: %j', async (header) => {
    for (const [method, status] of [
      ['GET', 200],
      ['HEAD', 200],
      ['DELETE', 204],
    ] as const) {
      expect((await send(`${method} /expenses/ID`, [header])).statusCode).toBe(status);
    }
  });

  it.each(['{}', '{', 'x'])('let a DELETE, which has no use for one, have the JSON %s', async (body) => {
    expect((await send('DELETE /expenses/ID', [JSON_TYPE], body)).statusCode).toBe(204);
  });

  it.each(['identity', 'IDENTITY', '', ',', 'identity, identity'])(
    'may say that it is coded by "%s"',
    async (coding) => {
      const header = `content-encoding: ${coding}`;
      expect((await send('POST /expenses', [JSON_TYPE, header], taxi)).statusCode).toBe(201);
      const csv = ['content-type: text/csv', header];
      expect((await send('POST /expenses/import', csv, file)).statusCode).toBe(201);
    },
  );

  it.each(['gzip', 'x-gzip', 'deflate', 'br', 'zstd', 'identity, gzip', 'gzip, identity', 'unknown'])(
    'are refused with Accept-Encoding when they say that it is coded by %s',
    async (coding) => {
      for (const [path, type, body] of [
        ['/expenses', 'application/json', taxi],
        ['/expenses/import', 'text/csv', file],
      ] as const) {
        const answer = await send(
          `POST ${path}`,
          [`content-type: ${type}`, `content-encoding: ${coding}`],
          body,
        );
        expect(answer).toMatchObject({ statusCode: 415, headers: { 'accept-encoding': 'identity' } });
      }
    },
  );

  it.each([
    'application/json;',
    'APPLICATION/JSON',
    'application/json ; charset=utf-8',
    'application/json; version=1',
    'application/json; charset="UTF-8"',
    'application/json;charset=utf8',
  ])('may say that its type is %s', async (type) => {
    const answer = await send('POST /expenses', [`content-type: ${type}`], taxi);
    expect(answer.statusCode).toBe(201);
    expect(answer.body).toContain('"Taxi \u00C3\u00BC"');
  });

  it.each([
    'application/vnd.api+json',
    'text/json',
    'application/jsonx',
    'application/x-json',
    '*/*',
    'json',
    '',
    'application/json, text/plain',
    'application/merge-patch+json',
    'text/csv',
    'application/json-patch+json',
    'application/x-www-form-urlencoded',
  ])('are refused with Accept when they say that its type is "%s"', async (type) => {
    const answer = await send('POST /expenses', [`content-type: ${type}`], taxi);
    expect(answer).toMatchObject({ statusCode: 415, headers: { accept: 'application/json' } });
  });

  it.each([
    'text/csv',
    'text/plain',
    'application/json-patch+json',
    'application/x-www-form-urlencoded; charset=utf-8',
    'json',
    '',
  ])('are refused with Accept-Patch when they say that the type of a patch is "%s"', async (type) => {
    const answer = await send('PATCH /expenses/ID', [`content-type: ${type}`], '{"value":2}');
    expect(answer).toMatchObject({
      statusCode: 415,
      headers: { 'accept-patch': 'application/merge-patch+json, application/json' },
    });
  });

  it.each(['utf-16', 'iso-8859-1', 'windows-1252', "'utf-8'", '', 'utf-8; charset=iso-8859-1'])(
    'are refused when they say that its charset is "%s"',
    async (charset) => {
      const answer = await send('POST /expenses', [`${JSON_TYPE}; charset=${charset}`], taxi);
      expect(answer.statusCode).toBe(415);
    },
  );

  it.each([
    [JSON_TYPE, 'content-type: text/csv'],
    ['content-type: text/csv', JSON_TYPE],
    [JSON_TYPE, JSON_TYPE],
  ])('are refused when they say its type twice: %s, %s', async (...types) => {
    const answer = await send('POST /expenses', types, taxi);
    expect(answer.statusCode).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'malformed_request' });
  });
});

describe('A body that is not there', () => {
  it.each([
    ['POST /expenses', [], 422, 'invalid_body'],
    ['POST /expenses', ['content-length: 0'], 422, 'invalid_body'],
    ['POST /expenses', [JSON_TYPE, 'content-length: 0'], 400, 'malformed_request'],
    ['PATCH /expenses/ID', [], 422, 'invalid_body'],
    ['POST /expenses/import', ['content-type: text/csv'], 422, 'invalid_import'],
    ['POST /expenses/import', ['content-type: text/csv', 'content-length: 0'], 422, 'invalid_import'],
    ['POST /expenses/import', [], 415, 'unsupported_media_type'],
  ])('is told of to %s with %j', async (line, headers, status, code) => {
    const answer = await send(line, headers);
    expect(answer.statusCode).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ code });
    expect(answer.body).not.toContain('undefined');
  });
});

describe('Accept', () => {
  it.each([
    'text/*',
    'TEXT/CSV',
    'text/csv; charset="UTF-8"',
    'application/json;q=0, */*',
    'text/csv;q=0.001',

    'application/vnd.ms-excel, text/csv;q=0.1',
    'text/csv, application/json',
    'text/csv;Q=0.4,application/json;Q=0.3',
    'application/json;q=0.1\r\naccept: text/csv',
  ])('%j is answered by CSV', async (accept) => {
    const answer = await send('GET /', [`accept: ${accept}`]);
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
  });

  it.each([
    '',
    '*/*;q=0',
    'application/json;q=0, text/csv;q=0',
    'text/csv;q=0, */*',
    'text/csv;q=0.5, */*',
    'application/json;q=0.5, text/csv;q=0.5',
    'application/json, text/csv',
    'application/problem+json',
    'text/csv;header=absent',
    'text/csv;charset=utf-16',
    'application/json;charset=utf-8',
    '\xE9',
  ])('%j is answered by JSON', async (accept) => {
    const answer = await send('GET /', [`accept: ${accept}`]);
    expect(answer).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
  });
});

describe('Paths', () => {
  it.each([
    ['/', 'GET, HEAD, OPTIONS'],
    ['/expenses', 'DELETE, GET, HEAD, OPTIONS, POST'],
    ['/expenses/ID', OF_EXPENSE],
    ['/expenses/x', OF_EXPENSE],
    ['/expenses/ID/history', 'GET, HEAD, OPTIONS'],
    ['/expenses/import', 'OPTIONS, POST'],
    ['/currencies', 'GET, HEAD, OPTIONS'],
    ['/reports/monthly', 'GET, HEAD, OPTIONS'],
    ['/reports/categories', 'GET, HEAD, OPTIONS'],
    ['/health/live', 'GET, HEAD, OPTIONS'],
    ['/%65xpenses', 'DELETE, GET, HEAD, OPTIONS, POST'],
    ['/expenses/%69mport', 'OPTIONS, POST'],
    // As to a proxy (RFC 9112, 3.2.2).
    ['http://api.example.com/expenses', 'DELETE, GET, HEAD, OPTIONS, POST'],
    ['HTTPS://api.example.com/expenses/import', 'OPTIONS, POST'],
    ['http://api.example.com', 'GET, HEAD, OPTIONS'],
    ['/expenses/import#x', 'OPTIONS, POST'],
  ])('%s have the methods %s, and say so', async (path, allowed) => {
    expect(await send(`OPTIONS ${path}`)).toMatchObject({
      statusCode: 204,
      headers: { allow: allowed, 'x-request-id': expect.any(String), 'x-content-type-options': 'nosniff' },
      body: '',
    });
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'TRACE', 'PROPFIND']) {
      if (allowed.split(', ').includes(method)) continue;
      const answer = await send(`${method} ${path}`);
      expect(answer).toMatchObject({ statusCode: 405, headers: { allow: allowed } });
      if (method !== 'HEAD') expect(JSON.parse(answer.body)).toMatchObject({ code: 'method_not_allowed' });
      expect(answer.headers['x-request-id']).toBeDefined();
    }
  });

  it('that take patches say of which types, when they are asked (RFC 5789, 3.1)', async () => {
    const patches = 'application/merge-patch+json, application/json';
    expect((await send('OPTIONS /expenses/ID')).headers['accept-patch']).toBe(patches);
    expect((await send('OPTIONS /expenses')).headers['accept-patch']).toBeUndefined();
  });

  it.each(['/expenses/', '/expenses/ID/', '/expenses/import/', '/expenses/ID/x', '/Expenses', '//expenses'])(
    'are there for no method: %s',
    async (path) => {
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE'])
        expect((await send(`${method} ${path}`)).statusCode).toBe(404);
    },
  );

  it.each(['%', '%zz', '%ff', '%C0%AE', '\xE9'])('are malformed: /expenses/%s', async (name) => {
    const answer = await send(`GET /expenses/${name}`);
    expect(answer.statusCode).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'malformed_request' });
  });

  it.each([
    '%00',
    '%2F',
    '..',
    '%2e%2e',
    'a%20b',
    'ID%00',
    'ID;x',
    '{ID}',
    'null',
    '0190a0a0000070008000000000000000',
  ])('name no expense: /expenses/%s', async (name) => {
    const answer = await send(`GET /expenses/${name}`);
    expect(answer.statusCode).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({
      errors: [{ pointer: '#/id', detail: 'must be a UUID' }],
    });
  });

  it.each([
    ['POST /expenses?x=1', '#/x'],
    ['POST /expenses?owner=alice', '#/owner'],
    ['PATCH /expenses/ID?owner=*', '#/owner'],
    ['DELETE /expenses/ID?owner=*', '#/owner'],
    ['DELETE /expenses/ID?_method=GET', '#/_method'],
    ['GET /expenses/ID?limit=1', '#/limit'],
    ['GET /currencies?x=1', '#/x'],
  ])('have no parameters but their own: %s', async (line, pointer) => {
    const answer = await send(
      line,
      line.startsWith('P') ? [JSON_TYPE] : [],
      line.startsWith('P') ? taxi : '',
    );
    expect(answer.statusCode).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'invalid_parameters', errors: [{ pointer }] });
  });

  it.each([
    'dryRun',
    'dryRun=',
    'dryRun=1',
    'dryRun=TRUE',
    'dryRun=true&dryRun=false',
    'dryrun=true',
    'dryRun=true&x=1',
  ])('of imports take no ?%s, and import nothing', async (query) => {
    const before = (await send('GET /?count=true&limit=1')).headers['x-total-count'];
    const answer = await send(`POST /expenses/import?${query}`, ['content-type: text/csv'], file);
    expect(answer.statusCode).toBe(400);
    expect((await send('GET /?count=true&limit=2')).headers['x-total-count']).toBe(before);
  });
});
