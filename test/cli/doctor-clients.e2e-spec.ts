import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { examine } from '../../src/cli/doctor/doctor.js';
import { parseEnvironment } from '../../src/config/environment.js';
import { AUDIENCE, Servers } from '../clients/support/servers.js';
import { freeAddresses } from '../support/free-addresses.js';

/** What doctor finds of clients. */
async function examined(baseUrl: string, issuerUrl: string, variables: Record<string, string> = {}) {
  const found = await examine(() =>
    parseEnvironment({
      BASE_URL: baseUrl,
      ISSUER_BASE_URL: issuerUrl,
      ALLOWED_AUDIENCES: AUDIENCE,
      DATABASE_URL: `pglite:${join(tmpdir(), randomUUID())}`,
      ...variables,
    }),
  );
  return found.filter(({ check }) => check === 'clients');
}

/** The same as `status detail`. */
async function findings(...parameters: Parameters<typeof examined>) {
  return (await examined(...parameters)).map(({ status, detail }) => `${status} ${detail}`);
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
    const warnings = (await findings(other, servers.issuer.issuer)).filter((line) => !line.startsWith('ok'));
    expect(warnings).toEqual([
      `warning throw away the metadata at ${other}/.well-known/oauth-protected-resource, whose resource is "${servers.apiUrl}"`,
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
    // A member of another type says nothing.
    resource({ dpop_bound_access_tokens_required: 'true' });
    expect(await warnings()).toEqual([]);
  });

  it.each<[string, () => string, Record<string, string>]>([
    ['with a slash at its end', () => `${base}/`, {}],
    ['by a name that is set', () => 'urn:issuer', { ISSUER: 'urn:other,urn:issuer' }],
  ])('finds that clients are led to the issuer %s', async (_title, name, variables) => {
    resource({ authorization_servers: [name()] });
    expect(await warnings(variables)).toEqual([]);
  });

  it('looks at every issuer', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'issuers-'));
    const file = join(folder, 'issuers.json');
    const issuers = [base, `${base}/second`].map((issuerBaseUrl) => ({
      issuerBaseUrl,
      audiences: [AUDIENCE],
    }));
    await writeFile(file, JSON.stringify({ issuers }));
    const found = await warnings({ ISSUERS_FILE: file, ISSUER_BASE_URL: '', ALLOWED_AUDIENCES: '' });
    await rm(folder, { recursive: true });
    expect(found).toEqual([`warning are not led to ${base}/second by the metadata of the API`]);
  });

  it('tells the scopes that the metadata name', async () => {
    resource({ scopes_supported: ['read:a', 'write:a'] });
    const [first] = await findings(`${base}/api`, base);
    expect(first).toBe(`ok find the metadata at ${base}${RESOURCE}; the scopes are read:a write:a`);
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
    [
      'a redirect in place of a 401',
      () => {
        answers['/login'] = answers['/api']!;
        answers['/api'] = (r) => r.writeHead(302, { location: '/login' }).end();
      },
      'answers 302 without',
    ],
    [
      'the challenge at another status',
      () =>
        (answers['/api'] = (r) =>
          r.writeHead(403, { 'www-authenticate': `Bearer resource_metadata="${base}${RESOURCE}"` }).end()),
      'answers 403 without',
    ],
    [
      'a challenge that calls the metadata otherwise',
      () =>
        (answers['/api'] = (r) =>
          r.writeHead(401, { 'www-authenticate': `Bearer realm="${base}${RESOURCE}"` }).end()),
      'answers 401 without',
    ],
    ['a page instead of a 401', () => (answers['/api'] = (r) => r.end('<h1>')), 'answers 200 without'],
    ['an issuer without metadata', () => delete answers[ISSUER], 'find no metadata of http'],
    [
      'no place to log in',
      () => issuer({ authorization_endpoint: undefined }),
      'find no authorization_endpoint',
    ],
    [
      'a list of places to log in',
      () => issuer({ authorization_endpoint: [`${base}/authorize`] }),
      'find no authorization_endpoint',
    ],
    ['no place for tokens', () => issuer({ token_endpoint: 'x' }), 'find no token_endpoint'],
    ['no PKCE', () => issuer({ code_challenge_methods_supported: undefined }), 'PKCE'],
    ['plain PKCE', () => issuer({ code_challenge_methods_supported: ['plain'] }), 'PKCE'],
    ['PKCE in text', () => issuer({ code_challenge_methods_supported: 'S256' }), 'PKCE'],
    [
      'bound tokens wanted by other algorithms than are given out',
      () => {
        resource({ dpop_bound_access_tokens_required: true, dpop_signing_alg_values_supported: ['ES256'] });
        issuer({ dpop_signing_alg_values_supported: ['RS256'] });
      },
      'get no tokens that the API takes',
    ],
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
    // What is of another type is no offer.
    issuer({ ...dpop, registration_endpoint: true, client_id_metadata_document_supported: 'yes' });
    expect((await findings(`${base}/api`, base)).at(-1)).toContain('ok have to be registered');
  });

  it.each<[string, () => void, string]>([
    ['another resource', () => resource({ resource: 'x' }), 'must have RESOURCE=BASE/api'],
    [
      'no metadata',
      () => delete answers[RESOURCE],
      'A proxy before the API has to pass this path on as it is.',
    ],
    ['no challenge', () => (answers['/api'] = (r) => r.end()), 'pass 401 and WWW-Authenticate on'],
    ['another issuer', () => resource({ authorization_servers: [] }), 'other settings: start it again'],
    ['an issuer without metadata', () => delete answers[ISSUER], 'tell them by hand'],
    ['no place for tokens', () => issuer({ token_endpoint: 1 }), 'Users cannot log in by such a client'],
    ['no PKCE', () => issuer({ code_challenge_methods_supported: [] }), 'see whether yours can say so'],
    [
      'no bound tokens',
      () => resource({ dpop_bound_access_tokens_required: true }),
      'Set DPOP=allowed, or turn DPoP on at the issuer.',
    ],
  ])('says what to do about %s', async (_title, change, advice) => {
    change();
    const found = await examined(`${base}/api`, base);
    expect(found.filter(({ status }) => status === 'warning')).toEqual([
      expect.objectContaining({ advice: expect.stringContaining(advice.replace('BASE', base)) }),
    ]);
  });
});
