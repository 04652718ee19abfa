import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { rawRequest, securedRequests } from '../support/raw-request.js';
import { expectOtherProblem } from '../support/refusal.js';

// What this application's server makes of requests that no client should send. What the access control makes of them is in
// requests.e2e-spec.ts, which other applications with that access control pass as well.

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
const bearer = () => `authorization: Bearer ${token}`;

describe('requests that are broken', () => {
  it('are refused when the body is a form, which is read to look for a token only', async () => {
    const answer = await post('application/x-www-form-urlencoded', 'description=Taxi', bearer());
    expectOtherProblem(answer, 415, 'unsupported_media_type');
  });

  it.each([
    ['JSON', '{"a":'],
    ['an empty body', ' '],
    ['JSON with __proto__', '{"__proto__":{"isAdmin":true}}'],
    ['JSON with a constructor that has a prototype', '{"constructor":{"prototype":{"isAdmin":true}}}'],
  ])('are malformed: %s', async (_title, body) => {
    expectOtherProblem(await post('application/json', body, bearer()), 400, 'malformed_request');
  });

  it('are refused when the media type of the body is unknown', async () => {
    expectOtherProblem(await post('application/x-unknown', 'x', bearer()), 415, 'unsupported_media_type');
  });

  it('are refused when the body is too large', async () => {
    const body = JSON.stringify('x'.repeat(1024 * 1024));
    expectOtherProblem(await post('application/json', body, bearer()), 413, 'body_too_large');
  });

  it.each(['/%zz', '/secured/%', '/secured/%ff', '/secured/%c0%ae'])(
    'are malformed when the path cannot be decoded: %s',
    async (path) => {
      expectOtherProblem(await getPath(path, bearer()), 400, 'malformed_request');
    },
  );

  it.each(['/secured?a=%zz', '/secured?%=%', '/secured?a=%ff'])(
    'are malformed when the query cannot be decoded: %s',
    async (path) => {
      expectOtherProblem(await getPath(path, bearer()), 400, 'malformed_request');
    },
  );
});

describe('other ways to a route', () => {
  it.each([
    '//secured',
    '/secured/',
    '/SECURED',
    '/secured;x',
    '/./secured',
    '/secured/%2e%2e/',
    '/secured%00',
    '/nothing',
  ])('lead nowhere: %s', async (path) => {
    expectOtherProblem(await getPath(path), 404, 'not_found');
  });

  it('by OPTIONS say which methods there are, and nothing else', async () => {
    const answer = await rawRequest(url, 'OPTIONS /secured HTTP/1.1');
    expect(answer).toMatchObject({ statusCode: 204, body: '' });
  });
});

describe('what is no HTTP', () => {
  it.each([
    ['a NUL in the token', () => [`authorization: Bearer ${token}\u0000`]],
    ['a folded header', () => ['authorization: Bearer', ` ${token}`]],
    ['a space before the colon', () => [`authorization : Bearer ${token}`]],
    ['two lengths', () => [bearer(), 'content-length: 0', 'content-length: 5']],
    ['length and chunks together', () => [bearer(), 'content-length: 5', 'transfer-encoding: chunked']],
  ])('is refused before anything is looked at: %s', async (_title, headers) => {
    expectOtherProblem(await get(...headers()), 400, 'malformed_request');
  });

  it.each([
    ['with what is no token', () => 'a'.repeat(20_000)],
    ['with a genuine token', () => issuer.tokenFor({ padding: 'x'.repeat(12_000) })],
  ])('is refused when the headers are larger than 16 KiB, %s', async (_title, credentials) => {
    const answer = await get(`authorization: Bearer ${credentials()}`);
    expectOtherProblem(answer, 431, 'headers_too_large');
  });
});
