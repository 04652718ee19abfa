import {
  assert,
  asyncProperty,
  constantFrom,
  dictionary,
  oneof,
  string,
  webQueryParameters,
} from 'fast-check';
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
});
