import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { examine } from '../../src/cli/doctor/doctor.js';
import { parseEnvironment } from '../../src/config/environment.js';
import { AUDIENCE, Servers } from '../clients/support/servers.js';
import { freeAddresses } from '../support/free-addresses.js';

/** What doctor finds of clients, as `status detail`. */
async function findings(baseUrl: string, issuerUrl: string, variables: Record<string, string> = {}) {
  const found = await examine(() =>
    parseEnvironment({
      BASE_URL: baseUrl,
      ISSUER_BASE_URL: issuerUrl,
      ALLOWED_AUDIENCES: AUDIENCE,
      DATABASE_URL: `pglite:${join(tmpdir(), randomUUID())}`,
      ...variables,
    }),
  );
  return found.filter(({ check }) => check === 'clients').map(({ status, detail }) => `${status} ${detail}`);
}

describe('doctor, where issuer and API run', () => {
  let servers: Servers;

  beforeAll(async () => {
    servers = await Servers.start();
  });
  afterAll(() => servers?.close());

  it('finds that a client gets from the URL to a token, once it is registered', async () => {
    const metadata = `${servers.apiUrl}/.well-known/oauth-protected-resource`;
    const openId = `${servers.issuer.issuer}.well-known/openid-configuration`;
    expect(await findings(servers.apiUrl, servers.issuer.issuer)).toEqual([
      expect.stringMatching(`^ok find the metadata at ${metadata}; the scopes are .*read:reports`),
      `ok are led to the metadata by the challenge of ${servers.apiUrl}`,
      `ok find at ${openId} where users log in and tokens are given out, with PKCE`,
      `ok have to be registered at the issuer beforehand: ${openId} offers no way to do it themselves`,
    ]);
  });

  it('finds that the API that runs is of another issuer, or called otherwise', async () => {
    expect(await findings(servers.apiUrl, 'https://issuer.invalid')).toContain(
      'warning are not led to https://issuer.invalid by the metadata of the API',
    );
    const other = servers.apiUrl.replace('localhost', '127.0.0.1');
    expect((await findings(other, servers.issuer.issuer)).slice(0, 2)).toEqual([
      `warning throw away the metadata at ${other}/.well-known/oauth-protected-resource, whose resource is "${servers.apiUrl}"`,
      `warning are not led to ${other}/.well-known/oauth-protected-resource: ${other} answers 401 without a challenge that names it`,
    ]);
  });
});

it('doctor says of clients, where nothing runs, that they can be tried later', async () => {
  const [apiUrl, issuerUrl] = (await freeAddresses(2)) as [string, string];
  expect(await findings(apiUrl, issuerUrl)).toEqual([
    expect.stringMatching(/^ok can be tried when the API runs: /),
  ]);
});

describe('doctor, where what runs is not as it should be', () => {
  type Answer = (response: ServerResponse) => void;
  let base: string;
  let answers: Record<string, Answer>;
  const server = createServer((request, response) => {
    const answer = answers[request.url!];
    if (answer) answer(response);
    else response.writeHead(404).end();
  });
  const RESOURCE = '/.well-known/oauth-protected-resource/api';
  const ISSUER = '/.well-known/openid-configuration';

  beforeAll(async () => {
    await once(server.listen(0, 'localhost'), 'listening');
    base = `http://localhost:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    answers = {
      '/api': (response) =>
        response
          .writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${base}${RESOURCE}"` })
          .end(),
    };
    resource();
    issuer();
  });

  const serve = (path: string, document: object) => {
    answers[path] = (response) => response.end(JSON.stringify(document));
  };
  const resource = (changes: object = {}) =>
    serve(RESOURCE, { resource: `${base}/api`, authorization_servers: [base], ...changes });
  const issuer = (changes: object = {}) =>
    serve(ISSUER, {
      issuer: base,
      authorization_endpoint: `${base}/authorize`,
      token_endpoint: `${base}/token`,
      code_challenge_methods_supported: ['S256'],
      ...changes,
    });
  const warnings = async (variables?: Record<string, string>) =>
    (await findings(`${base}/api`, base, variables)).filter((finding) => finding.startsWith('warning'));

  it('finds nothing, and not even at a path, when all is well', async () => {
    expect(await warnings()).toEqual([]);
    expect(await warnings({ BASE_URL: `${base}/inside`, RESOURCE: `${base}/api` })).toEqual([]);
  });

  it.each<[string, () => void, string]>([
    ['is not passed on', () => delete answers[RESOURCE], 'answered 404'],
    ['leads elsewhere', () => (answers[RESOURCE] = (r) => r.writeHead(302, { location: '/x' }).end()), '302'],
    ['is a page', () => (answers[RESOURCE] = (r) => r.end('<!doctype html>')), 'did not answer JSON'],
  ])('finds that the path of the metadata %s', async (_title, change, reason) => {
    change();
    expect(await warnings()).toEqual([
      expect.stringMatching(`find no metadata at ${base}${RESOURCE}: .*${reason}`),
    ]);
  });

  it.each<[string, () => void, string]>([
    ['a resource with a slash', () => resource({ resource: `${base}/api/` }), 'throw away the metadata'],
    ['no resource', () => resource({ resource: undefined }), 'throw away the metadata'],
    ['no issuer', () => resource({ authorization_servers: undefined }), 'are not led to'],
    ['an issuer that is none', () => resource({ authorization_servers: [7, base + '/x'] }), 'are not led to'],
    [
      'a 401 without a challenge',
      () => (answers['/api'] = (r) => r.writeHead(401).end()),
      'answers 401 without',
    ],
    ['a page instead of a 401', () => (answers['/api'] = (r) => r.end('<h1>')), 'answers 200 without'],
    ['an issuer without metadata', () => delete answers[ISSUER], 'find no metadata of http'],
    [
      'no place to log in',
      () => issuer({ authorization_endpoint: undefined }),
      'find no authorization_endpoint',
    ],
    ['no place for tokens', () => issuer({ token_endpoint: 'x' }), 'find no token_endpoint'],
    ['no PKCE', () => issuer({ code_challenge_methods_supported: undefined }), 'PKCE'],
    ['plain PKCE', () => issuer({ code_challenge_methods_supported: ['plain'] }), 'PKCE'],
    [
      'bound tokens wanted and not given out',
      () =>
        resource({ dpop_bound_access_tokens_required: true, dpop_signing_alg_values_supported: ['ES256'] }),
      'get no tokens that the API takes',
    ],
  ])('finds %s, and nothing else', async (_title, change, detail) => {
    change();
    expect(await warnings()).toEqual([expect.stringContaining(detail)]);
  });

  it('tells how clients come to be known to the issuer, and prove their keys', async () => {
    const dpop = { dpop_signing_alg_values_supported: ['RS256', 'ES256'] };
    resource({
      dpop_bound_access_tokens_required: true,
      dpop_signing_alg_values_supported: ['EdDSA', 'ES256'],
    });
    issuer({ ...dpop, registration_endpoint: `${base}/register` });
    const found = await findings(`${base}/api`, base);
    expect(found).toContain('ok have their keys proven to both by ES256');
    expect(found.at(-1)).toContain('ok register themselves');
    issuer({ ...dpop, client_id_metadata_document_supported: true });
    expect((await findings(`${base}/api`, base)).at(-1)).toContain('ok need no registration');
  });
});
