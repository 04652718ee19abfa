import {
  array,
  assert,
  asyncProperty,
  constantFrom,
  dictionary,
  oneof,
  string,
  tuple,
  webPath,
  webQueryParameters,
} from 'fast-check';
import { once } from 'node:events';
import { connect } from 'node:net';
import { startIssuer, type RunningIssuer } from '../src/start-issuer.js';

const PATHS = [
  '/',
  '/authorize',
  '/authorize/x',
  '/oauth/token',
  '/oauth/revoke',
  '/userinfo',
  '/oidc/logout',
  '/oidc/logout/confirm',
  '/v2/logout',
  '/applications',
  '/applications/revoke',
  '/interaction/x',
  '/interaction/x/login',
  '/interaction/x/consent',
  '/.well-known/jwks.json',
];
const NAMES = [
  'client_id',
  'client_secret',
  'redirect_uri',
  'response_type',
  'response_mode',
  'scope',
  'audience',
  'resource',
  'grant_type',
  'code',
  'code_verifier',
  'refresh_token',
  'token',
  'returnTo',
  'post_logout_redirect_uri',
  'id_token_hint',
  'prompt',
  'csrf',
  '__proto__',
];
const VALUES = [
  'expenses-web',
  'lab-cli',
  'expenses-docs',
  'code',
  'code id_token',
  'openid offline_access',
  'client_credentials',
  'refresh_token',
  'https://expenses-api',
  'http://localhost:3000/callback',
  'form_post',
  'none',
  'a.b.c',
  '\u0000',
  '//example.com',
];

const HEADER_VALUES = [
  'application/x-www-form-urlencoded',
  'application/json',
  'application/json; charset=utf-16',
  'multipart/form-data; boundary=x',
  'text/plain',
  'gzip',
  '100-continue',
  'Bearer a.b.c',
  'Basic Og==',
  'DPoP x',
  'null',
  'localhost:1',
  'issuer_session=x; issuer_session.sig=y',
  'bytes=0-1',
  ',,,',
];

describe('Input of any kind', () => {
  let running: RunningIssuer;
  beforeAll(async () => {
    running = await startIssuer({ port: 0 });
  });
  afterAll(() => running?.close());

  it.each(['/authorize/x?client_id=expenses-web', '/authorize/x/?client_id=lab-cli&redirect_uri=x'])(
    'is answered without a server error at %s',
    async (path) => {
      const response = await fetch(new URL(path, running.issuer), { redirect: 'manual' });
      await response.arrayBuffer();
      expect(response.status).toBeLessThan(500);
    },
  );

  const parameters = dictionary(constantFrom(...NAMES), oneof(constantFrom(...VALUES), string()));

  it('is answered without a server error, and never with a redirect to where nobody registered', async () => {
    const methods = constantFrom('GET', 'POST', 'POST json', 'DELETE');
    const headers = constantFrom('', 'Bearer a.b.c', 'Basic !', 'Basic Og==', 'Bearer');
    await assert(
      asyncProperty(
        constantFrom(...PATHS),
        methods,
        parameters,
        headers,
        webQueryParameters(),
        async (path, method, fields, authorization, query) => {
          const url = new URL(path, running.issuer);
          url.search = method === 'GET' ? new URLSearchParams(fields).toString() : query;
          const body = method === 'POST' ? new URLSearchParams(fields) : JSON.stringify(fields);
          const response = await fetch(url, {
            method: method.split(' ')[0],
            redirect: 'manual',
            headers: {
              ...(authorization ? { authorization } : {}),
              ...(method === 'POST json' ? { 'content-type': 'application/json' } : {}),
            },
            body: method.startsWith('POST') ? body : undefined,
          });
          await response.arrayBuffer();
          expect(response.status).toBeLessThan(500);
          const location = response.headers.get('location');
          const allowed = [new URL(running.issuer).origin, 'http://localhost:3000', 'http://localhost:3001'];
          if (location) expect(allowed).toContain(new URL(location, running.issuer).origin);
        },
      ),
      { numRuns: 300 },
    );
  }, 60_000);

  it('is answered without a server error, and the connection never breaks, whatever is written into it', async () => {
    const { port } = new URL(running.issuer);
    const written = string({ unit: 'binary-ascii', maxLength: 40 }).map((text) =>
      text.replaceAll(/[\r\n]/g, ''),
    );
    const header = tuple(
      constantFrom(
        'authorization',
        'content-type',
        'content-encoding',
        'accept',
        'accept-language',
        'cookie',
        'dpop',
        'expect',
        'host',
        'if-none-match',
        'origin',
        'range',
        'referer',
        'x-forwarded-for',
        'x-forwarded-proto',
      ),
      oneof(constantFrom(...HEADER_VALUES), written),
    ).map(([name, value]) => `${name}: ${value}`);
    const body = oneof(
      constantFrom('', '{', '[]', '{"grant_type":{}}', 'a=%', '%ff=%00', '------x'),
      dictionary(constantFrom(...NAMES), constantFrom(...VALUES)).map((fields) =>
        new URLSearchParams(fields).toString(),
      ),
      string({ unit: 'binary-ascii', maxLength: 100 }),
    );
    await assert(
      asyncProperty(
        constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'),
        oneof(
          constantFrom(...PATHS),
          webPath(),
          constantFrom('*', '//', '/%ff', '/authorize/%ff', 'http://x/y'),
        ),
        array(header, { maxLength: 4 }),
        body,
        constantFrom('whole', 'chunked', 'short'),
        async (method, path, headers, content, framing) => {
          const bytes = Buffer.byteLength(content);
          const frame = {
            whole: [`content-length: ${bytes}`, '', content],
            chunked: ['transfer-encoding: chunked', '', `${bytes.toString(16)}\r\n${content}\r\n0\r\n\r\n`],
            // Longer than was said: the rest is taken for another request.
            short: [`content-length: ${Math.max(0, bytes - 1)}`, '', content],
          }[bytes === 0 && framing === 'chunked' ? 'whole' : framing];
          const lines = [
            `${method} ${path} HTTP/1.1`,
            'host: localhost',
            'connection: close',
            ...headers,
            ...frame,
          ];
          expect(await answerTo(lines.join('\r\n'), Number(port))).toMatch(/^HTTP\/1\.1 [1-4]\d\d /);
        },
      ),
      { numRuns: 300 },
    );
  }, 60_000);

  it('is answered by a page when a browser sends too many cookies, or opens what is no page', async () => {
    const cookies = { cookie: `a=${'x'.repeat(40_000)}` };
    const many = await fetch(running.issuer, { headers: cookies });
    expect([many.status, many.headers.get('content-type')]).toEqual([431, 'text/html; charset=utf-8']);
    expect(await many.text()).toContain('Delete the cookies of this site');
    for (const path of ['/nowhere', '/%ff', '/interaction/x/y/z']) {
      const page = await fetch(new URL(path, running.issuer));
      expect([page.status, await page.text()]).toEqual([
        404,
        expect.stringContaining('<h1>Page not found</h1>'),
      ]);
    }
  });
});

/** Everything that the server says to what is written into a connection, until it closes it. */
async function answerTo(request: string, port: number): Promise<string> {
  const socket = connect({ port, host: 'localhost' });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.write(request);
  await once(socket, 'close', { signal: AbortSignal.timeout(10_000) });
  return Buffer.concat(chunks).toString();
}
