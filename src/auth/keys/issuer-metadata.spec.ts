import { array, assert, boolean, property, string } from 'fast-check';
import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startTestIssuer, type TestIssuer } from '../../testing/index.js';
import { MAX_ANSWER_BYTES } from './fetch-json.js';
import { discover, issuerSpellings, metadataUrlsOf } from './issuer-metadata.js';

let issuer: TestIssuer;

beforeEach(async () => {
  issuer = await startTestIssuer();
});

afterEach(() => issuer?.close());

const signal = () => AbortSignal.timeout(5000);
const bare = () => issuer.url.slice(0, -1);

it('an issuer is spelt with or without one slash, and in no other way', () => {
  expect(issuerSpellings('https://a.example.com/t')).toStrictEqual([
    'https://a.example.com/t/',
    'https://a.example.com/t',
  ]);
  expect(issuerSpellings('https://a.example.com/t/')).toStrictEqual([
    'https://a.example.com/t/',
    'https://a.example.com/t',
  ]);
  expect(issuerSpellings('https://a.example.com//')).toStrictEqual([
    'https://a.example.com//',
    'https://a.example.com/',
  ]);
});

describe('discovery', () => {
  it.each([
    ['both have the slash', () => issuer.url, () => issuer.url],
    ['only the issuer has it', () => bare(), () => issuer.url],
    ['only the configuration has it', () => issuer.url, () => bare()],
    ['neither has it', () => bare(), () => bare()],
  ])('takes the name that the issuer gives itself: %s', async (_title, configured, named) => {
    issuer.name = named();
    expect(await discover(configured(), signal())).toMatchObject({
      issuer: named(),
      jwksUri: `${issuer.url}.well-known/jwks.json`,
    });
  });

  it.each([
    ['two slashes', () => `${issuer.url}/`],
    ['capitals', () => issuer.url.toUpperCase()],
    ['a path', () => `${issuer.url}tenant`],
    ['another port', () => 'http://localhost:1/'],
    ['an address', () => issuer.url.replace('localhost', '127.0.0.1')],
    ['another scheme', () => issuer.url.replace('http', 'https')],
    ['nothing', () => ''],
    ['a number', () => 1 as never],
  ])('refuses an issuer that gives itself another name: %s', async (_title, name) => {
    issuer.name = name();
    await expect(discover(issuer.url, signal())).rejects.toThrow('names another issuer');
  });
});

describe('where metadata may be', () => {
  it.each([
    ['https://a.example.com', '', ''],
    ['https://a.example.com/', '', ''],
    ['https://a.example.com/t', '/t', '/t'],
    ['https://a.example.com/t/', '/t', '/t'],
    ['https://a.example.com:8443/realms/one%20two', '/realms/one%20two', '/realms/one%20two'],
  ])('of %s: behind its path, or before it', (issuerBaseUrl, before, behind) => {
    const { origin } = new URL(issuerBaseUrl);
    expect(metadataUrlsOf(issuerBaseUrl)).toStrictEqual([
      `${origin}${before}/.well-known/openid-configuration`,
      `${origin}/.well-known/oauth-authorization-server${behind}`,
    ]);
  });

  it('is on the host of the issuer, whatever its path is', () => {
    const path = array(string({ minLength: 1 }).map(encodeURIComponent), { maxLength: 4 });
    assert(
      property(path, boolean(), (parts, slash) => {
        const url = `https://a.example.com/${parts.join('/')}${slash ? '/' : ''}`;
        for (const place of metadataUrlsOf(url)) expect(new URL(place).origin).toBe('https://a.example.com');
      }),
    );
  });
});

type Answer = (response: ServerResponse) => void;
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end();

describe('an issuer without an OpenID document', () => {
  const openId = '/tenant/.well-known/openid-configuration';
  const oauth = '/.well-known/oauth-authorization-server/tenant';
  let base: string;
  let answers: Record<string, Answer>;
  let asked: string[];
  const server = createServer(((request, response) => {
    asked.push(request.url!);
    (answers[request.url!] ?? status(404))(response);
  }) satisfies RequestListener);

  beforeAll(async () => {
    await once(server.listen(0, 'localhost'), 'listening');
    base = `http://localhost:${(server.address() as AddressInfo).port}/tenant`;
  });
  beforeEach(() => {
    answers = {};
    asked = [];
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const document =
    (changes: object = {}): Answer =>
    (response) =>
      response.end(JSON.stringify({ issuer: base, jwks_uri: `${base}/keys`, ...changes }));
  const found = () => ({ issuer: base, jwksUri: `${base}/keys` });

  it.each([404, 410])('that says so by %i is found by RFC 8414, and by its path', async (code) => {
    answers = { [openId]: status(code), [oauth]: document() };
    expect(await discover(base, signal())).toMatchObject(found());
    expect(asked).toStrictEqual([openId, oauth]);
  });

  it('is not asked for another one when it has it', async () => {
    answers = { [openId]: document(), [oauth]: document({ jwks_uri: `${base}/others` }) };
    expect(await discover(base, signal())).toMatchObject(found());
    expect(asked).toStrictEqual([openId]);
  });

  it.each<[string, Answer, string]>([
    ['is down', status(503), 'answered 503'],
    ['is broken', status(500), 'answered 500'],
    ['has too much to do', status(429), 'answered 429'],
    ['refuses us', status(403), 'answered 403'],
    ['leads elsewhere', status(302, { location: oauth }), 'answered 302'],
    ['breaks the connection off', (response) => response.socket!.destroy(), 'fetch failed'],
    ['answers no JSON', (response) => response.end('<!doctype html>'), 'did not answer JSON'],
    [
      'answers too much',
      (response) => response.end(`"${'x'.repeat(MAX_ANSWER_BYTES)}"`),
      'answered more than',
    ],
    ['names another issuer', document({ issuer: 'https://other.example.com' }), 'names another issuer'],
    ['names no keys', document({ jwks_uri: undefined }), 'names no jwks_uri'],
  ])('is not what an issuer is taken for that %s', async (_title, answer, message) => {
    answers = { [openId]: answer, [oauth]: document() };
    await expect(discover(base, signal())).rejects.toThrow(message);
    expect(asked).toStrictEqual([openId]);
  });

  it.each<[string, Answer, string]>([
    ['names another issuer', document({ issuer: 'https://other.example.com' }), 'names another issuer'],
    [
      'names its host only',
      (response) => document({ issuer: new URL(base).origin })(response),
      'names another',
    ],
    [
      'names its issuer in a list',
      (response) => document({ issuer: [base] })(response),
      'names another issuer',
    ],
    ['names no keys', document({ jwks_uri: undefined }), 'names no jwks_uri'],
    ['leads elsewhere', status(302, { location: '/elsewhere' }), 'answered 302'],
    ['is of an issuer that is down', status(503), 'answered 503'],
    ['is no JSON', (response) => response.end('<!doctype html>'), 'did not answer JSON'],
    ['is a list', (response) => response.end('[]'), 'did not answer a JSON object'],
    ['is too much', (response) => response.end(`"${'x'.repeat(MAX_ANSWER_BYTES)}"`), 'answered more than'],
  ])('is refused when the other one %s', async (_title, answer, message) => {
    answers = { [oauth]: answer, '/elsewhere': document() };
    await expect(discover(base, signal())).rejects.toThrow(message);
    expect(asked).toStrictEqual([openId, oauth]);
  });

  it('and without the other one is told of with both', async () => {
    await expect(discover(base, signal())).rejects.toThrow(
      `${base}/.well-known/openid-configuration answered 404, ${new URL(oauth, base).href} answered 404`,
    );
  });

  it('has no more time than one that has it', async () => {
    answers = { [oauth]: () => undefined };
    await expect(discover(base, AbortSignal.timeout(300))).rejects.toThrow('timeout');
    expect(asked).toStrictEqual([openId, oauth]);
  });
});
