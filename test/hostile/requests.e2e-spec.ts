import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { rawExchange, rawRequest, securedRequests } from '../support/raw-request.js';
import {
  type Answer,
  expectExpenses,
  expectInvalidRequest,
  expectInvalidToken,
  expectMissingToken,
} from '../support/refusal.js';

const MALFORMED = 'The Authorization header is malformed';
const REPEATED = 'The request has more than one Authorization header';
const IN_QUERY = 'An access token must not be sent in the query';
const IN_BODY = 'An access token must not be sent in the body';

let issuer: TestIssuer;
let api: TestApp;
let url: string;
let token: string;

beforeAll(async () => {
  issuer = await startTestIssuer();
  api = await createAuthApp(issuer);
  url = await api.listen();
  token = issuer.tokenFor({ scopes: ['read:reports', 'create:expenses'] });
});

afterAll(async () => {
  await api?.close();
  await issuer?.close();
});

const { get, getPath, post } = securedRequests(() => url);
/** A genuine token with so many characters in one of its claims. */
const longToken = (padding: number) =>
  issuer.tokenFor({ scopes: ['read:reports'], padding: 'x'.repeat(padding) });
/** One of several requests on a connection. */
const one = (header: string) => `GET /secured HTTP/1.1\r\nhost: a\r\n${header}\r\n`;
const bearer = () => `authorization: Bearer ${token}`;

describe('the scheme', () => {
  it.each([
    ['Bearer', () => `Authorization: Bearer ${token}`],
    ['in small letters', () => `authorization: bearer ${token}`],
    ['in capitals', () => `AUTHORIZATION: BEARER ${token}`],
    ['in mixed case', () => `aUTHORIZATION: bEaReR ${token}`],
    ['with several spaces behind', () => `authorization: Bearer     ${token}`],
    [
      'with spaces and tabs around the header, which are not part of it',
      () => `authorization:  \t Bearer ${token} \t `,
    ],
  ])('is accepted %s', async (_title, header) => {
    expectExpenses(await get(header()));
  });

  it.each([
    ['alone', () => 'authorization: Bearer'],
    ['alone with a space', () => 'authorization: Bearer '],
    ['absent', () => 'authorization:'],
    ['with a tab behind', () => `authorization: Bearer\t${token}`],
    ['with a tab between spaces', () => `authorization: Bearer \t ${token}`],
    ['with a comma behind', () => `authorization: Bearer, ${token}`],
    ['with a colon behind', () => `authorization: Bearer: ${token}`],
    ['twice', () => `authorization: Bearer Bearer ${token}`],
    ['in quotes', () => `authorization: "Bearer" ${token}`],
  ])('is malformed %s', async (_title, header) => {
    const answer = await get(header());
    expectInvalidRequest(answer, MALFORMED);
  });

  it.each([
    ['Basic', 'Basic ZXhwZW5zZXMtd2ViOnNlY3JldA=='],
    ['Digest', 'Digest username="alice", realm="x"'],
    ['Negotiate', 'Negotiate'],
    ['Token', 'Token eyJhbGciOiJSUzI1NiJ9.e30.AAAA'],
    ['BearerToken', 'BearerToken eyJhbGciOiJSUzI1NiJ9.e30.AAAA'],
  ])('that is another one counts as no token: %s', async (_title, credentials) => {
    expectMissingToken(await get(`authorization: ${credentials}`));
  });
});

describe('a token in the Authorization header is malformed', () => {
  it.each([
    ['in quotes', () => `"${token}"`],
    ['in angle brackets', () => `<${token}>`],
    ['with a space inside', () => `${token.slice(0, 50)} ${token.slice(50)}`],
    ['with a parameter', () => `token="${token}"`],
    ['with a parameter behind', () => `${token}, realm="x"`],
    ['twice, with a comma between', () => `${token}, Bearer ${token}`],
    ['twice, with a comma and no space', () => `${token},${token}`],
    ['with padding inside', () => `${token.slice(0, 8)}=${token.slice(8)}`],
    ['of padding alone', () => '==='],
    ['with a percent sign', () => token.replaceAll('.', '%2E')],
    ['with bytes beyond ASCII', () => `${token}\u00e9`],
  ])('%s', async (_title, credentials) => {
    expectInvalidRequest(await get(`authorization: Bearer ${credentials()}`), MALFORMED);
  });
});

describe('more than one Authorization header', () => {
  it.each<[string, () => string[]]>([
    ['the same twice', () => [bearer(), bearer()]],
    ['a good one before a bad one', () => [bearer(), 'authorization: Bearer bad']],
    ['a bad one before a good one', () => ['authorization: Bearer bad', bearer()]],
    ['in different case', () => [`Authorization: Bearer ${token}`, `AUTHORIZATION: Bearer ${token}`]],
    ['another scheme before', () => ['authorization: Basic eDp5', bearer()]],
    ['another scheme behind', () => [bearer(), 'authorization: Basic eDp5']],
    ['an empty one before', () => ['authorization:', bearer()]],
    ['with others between', () => [bearer(), 'accept: */*', 'x-a: b', bearer()]],
    ['a token that is remembered', () => [bearer(), bearer(), bearer()]],
  ])('is refused: %s', async (_title, headers) => {
    expectExpenses(await get(bearer()));
    expectInvalidRequest(await get(...headers()), REPEATED);
  });
});

describe('a token elsewhere than in the Authorization header', () => {
  it.each([
    ['beside a good header', () => `/secured?access_token=${token}`, true],
    ['beside no header', () => `/secured?access_token=${token}`, false],
    ['empty', () => '/secured?access_token=', false],
    ['twice', () => '/secured?access_token=a&access_token=b', true],
    ['behind other parameters', () => `/secured?limit=1&access_token=${token}`, true],
    ['with its name in escapes', () => `/secured?access%5Ftoken=${token}`, true],
  ])('is refused in the query, %s', async (_title, path, withHeader) => {
    expectInvalidRequest(await getPath(path(), ...(withHeader ? [bearer()] : [])), IN_QUERY);
  });

  it.each([
    ['JSON', 'application/json', () => JSON.stringify({ access_token: token })],
    ['JSON, as null', 'application/json', () => '{"access_token":null}'],
    ['JSON, with its name in escapes', 'application/json', () => String.raw`{"access\u005ftoken":"x"}`],
    ['a form', 'application/x-www-form-urlencoded', () => `access_token=${token}`],
  ])('is refused in the body beside a good header, as %s', async (_title, type, body) => {
    expectInvalidRequest(await post(type, body(), bearer()), IN_BODY);
  });

  it.each([
    ['JSON', 'application/json', () => JSON.stringify({ access_token: token })],
    ['a form', 'application/x-www-form-urlencoded', () => `access_token=${token}`],
  ])('counts as no token in the body without a header, which is not read: %s', async (_title, type, body) => {
    expectMissingToken(await post(type, body()), 'create:expenses');
  });

  it.each([
    ['a cookie', () => `cookie: access_token=${token}`],
    ['Proxy-Authorization', () => `proxy-authorization: Bearer ${token}`],
    ['X-Access-Token', () => `x-access-token: ${token}`],
    ['X-Forwarded-Authorization', () => `x-forwarded-authorization: Bearer ${token}`],
    ['Authorization with an underscore', () => `authorization_: Bearer ${token}`],
  ])('counts as no token: %s', async (_title, header) => {
    expectMissingToken(await get(header()));
  });

  it('counts as no token in a trailer', async () => {
    const text = `POST /secured HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\ntrailer: authorization\r\n\r\n2\r\n{}\r\n0\r\n${bearer()}\r\n\r\n`;
    const [answer] = await rawExchange(url, text);
    expectMissingToken(answer as Answer, 'create:expenses');
  });
});

describe('size', () => {
  it.each([8193, 12_000, 16_000])('lets a token of %i characters be looked at', async (length) => {
    expectInvalidToken(await get(`authorization: Bearer ${'a'.repeat(length)}`), 'malformed_token');
  });

  it('accepts a genuine token of 12 kB, as users with hundreds of roles have, the second time as well', async () => {
    const long = longToken(8600);
    expect(long.length).toBeGreaterThan(12_000);
    for (const authorization of [long, long, long])
      expectExpenses(await get(`authorization: Bearer ${authorization}`));
  });

  it('tells long tokens apart that are alike for thousands of characters', async () => {
    const long = longToken(8600);
    const [header = '', payload = '', signature = ''] = long.split('.');
    const middle = Math.floor(payload.length / 2);
    const other = payload.charAt(middle) === 'A' ? 'B' : 'A';
    const changed = `${header}.${payload.slice(0, middle)}${other}${payload.slice(middle + 1)}.${signature}`;
    expectExpenses(await get(`authorization: Bearer ${long}`));
    expect((await get(`authorization: Bearer ${changed}`)).statusCode).toBe(401);
  });
});

describe('one connection', () => {
  it('does not carry the caller from one request to the next', async () => {
    const answers = await rawExchange(
      url,
      `${one(`${bearer()}\r\n`)}${one('')}${one('authorization: Bearer bad\r\n')}${one(`${bearer()}\r\nconnection: close\r\n`)}`,
    );
    expect(answers).toHaveLength(4);
    expectExpenses(answers[0] as Answer);
    expectMissingToken(answers[1] as Answer);
    expectInvalidToken(answers[2] as Answer, 'malformed_token');
    expectExpenses(answers[3] as Answer);
  });
});

describe('other ways to a route', () => {
  it.each(['/%73ecured', '/secured?', '/secured#me', 'http://api.example.com/secured'])(
    'need a token: %s',
    async (path) => {
      const answer = await getPath(path);
      expect([401, 404]).toContain(answer.statusCode);
      expect(answer.body).not.toContain('Dinner');
    },
  );

  it.each(['PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND'])('lead nowhere by %s', async (method) => {
    const answer = await rawRequest(url, `${method} /secured HTTP/1.1`);
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expect(answer.body).not.toContain('Dinner');
  });

  it('need a token by HEAD', async () => {
    expect(await rawRequest(url, 'HEAD /secured HTTP/1.1')).toMatchObject({ statusCode: 401 });
    expect(await rawRequest(url, 'HEAD /secured HTTP/1.1', [bearer()])).toMatchObject({ statusCode: 200 });
  });

  it.each([
    'x-original-url: /secured/open',
    'x-rewrite-url: /secured/open',
    'x-http-method-override: OPTIONS',
    'x-forwarded-for: 127.0.0.1',
    'x-forwarded-prefix: /secured/open',
    'upgrade: h2c',
  ])('are not opened by a header: %s', async (header) => {
    expectMissingToken(await get(header));
  });
});
