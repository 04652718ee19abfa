import * as fc from 'fast-check';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { expectExpenses, expectInsufficientScope, expectInvalidToken } from '../support/refusal.js';

type Json = Record<string, unknown>;

let issuer: TestIssuer;
const apps = new Map<string, TestApp>();

beforeAll(async () => {
  issuer = await startTestIssuer();
});

afterAll(async () => {
  await Promise.all([...apps.values()].map((app) => app.close()));
  await issuer?.close();
});

/** The API with these settings; each is started once. */
async function apiWith(variables: Readonly<Record<string, string>>): Promise<TestApp> {
  const name = JSON.stringify(variables);
  if (!apps.has(name)) apps.set(name, await createAuthApp(issuer, { variables }));
  return apps.get(name)!;
}

/** Sends a genuine token: the usual claims without scope, and these. */
async function send(variables: Readonly<Record<string, string>>, claims: Json) {
  return (await apiWith(variables)).get('/secured', issuer.tokenFor({ scope: undefined, ...claims }));
}

/** Sends a genuine token whose claims have members that no object can say. */
async function sendText(variables: Readonly<Record<string, string>>, members: string) {
  const usual = JSON.stringify(issuer.claims());
  return (await apiWith(variables)).get('/secured', issuer.sign({}, `${usual.slice(0, -1)},${members}}`));
}

const many = (last: string) => [...Array.from({ length: 200 }, (_, index) => `r${index}`), last];
/** As many as a list can have when the token is to fit into the headers. */
const manyShort = (last: string) => [...Array.from({ length: 2500 }, () => 'r'), last];

const roles = { GRANTS_FROM: 'scope_or_permissions', PERMISSIONS_CLAIM: 'roles' };
const path = { GRANTS_FROM: 'scope_or_permissions', PERMISSIONS_CLAIM: 'realm_access.roles' };

describe('PERMISSIONS_CLAIM', () => {
  it.each<[string, unknown]>([
    ['a list', ['read:reports']],
    ['text', 'other read:reports'],
    ['an object with its name', { 'read:reports': { org: 'x' } }],
    ['a long list', many('read:reports')],
    ['a list of thousands', manyShort('read:reports')],
  ])('grants by %s', async (_title, value) => {
    expectExpenses(await send(roles, { roles: value }));
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a number', 7],
    ['true', true],
    ['an empty list', []],
    ['an empty object', {}],
    ['a long list of others', many('read:report')],
    ['a list with a number beside it', ['read:reports', 1]],
    ['a list with null beside it', ['read:reports', null]],
    ['a list in a list', [['read:reports']]],
    ['an object in a list', [{ 'read:reports': true }]],
    ['an object that says no', { 'read:reports': false }],
    ['an object that says null', { 'read:reports': null }],
    ['an object with it as value', { role: 'read:reports' }],
    ['an object with it deeper down', { x: { 'read:reports': true } }],
    ['text in capitals', 'READ:REPORTS'],
    ['text with another separator', 'read:reports,create:expenses'],
    ['text with a tab', 'x\tread:reports'],
    ['text with a NUL', 'read:reports\u0000'],
    ['words that only begin so', 'read:reports:all'],
  ])('grants nothing by %s', async (_title, value) => {
    expectInsufficientScope(await send(roles, { roles: value }), 'read:reports');
  });

  it.each<[string, unknown]>([
    ['a list', { roles: ['read:reports'] }],
    ['a list, beside a list that is not meant', { roles: ['read:reports'], other: [] }],
  ])('leads by its path to %s', async (_title, value) => {
    expectExpenses(await send(path, { realm_access: value }));
  });

  it('is a name as a whole before it is a path', async () => {
    expectExpenses(await send(path, { 'realm_access.roles': ['read:reports'], realm_access: { roles: [] } }));
    const hidden = { 'realm_access.roles': [], realm_access: { roles: ['read:reports'] } };
    expectInsufficientScope(await send(path, hidden), 'read:reports');
  });

  it.each<[string, unknown]>([
    ['a list', [{ roles: ['read:reports'] }]],
    ['a list that has members by number', { 0: { roles: ['read:reports'] } }],
    ['text', 'roles'],
    ['a number', 1],
    ['null', null],
    ['an object without it', { Roles: ['read:reports'] }],
    ['an object with it too deep', { x: { roles: ['read:reports'] } }],
  ])('leads by its path through %s to nothing', async (_title, value) => {
    expectInsufficientScope(await send(path, { realm_access: value }), 'read:reports');
  });

  it.each([
    ['roles', '"__proto__":{"roles":["read:reports"]}'],
    ['realm_access.roles', '"__proto__":{"realm_access":{"roles":["read:reports"]}}'],
    ['realm_access.roles', '"realm_access":{"__proto__":{"roles":["read:reports"]}}'],
    ['realm_access.roles', '"realm_access":{"constructor":{"roles":["read:reports"]}}'],
    ['constructor.name', '"x":1'],
    ['__proto__.constructor.name', '"x":1'],
    ['__proto__', '"x":1'],
    ['toString', '"x":1'],
    ['roles.length', '"roles":["read:reports"]'],
    ['roles.0', '"roles":["read:reports"]'],
    ['.', '"":{"":["read:reports"]}'],
    ['roles.', '"roles":["read:reports"]'],
  ])('of %s grants nothing by {%s}', async (name, members) => {
    const variables = { GRANTS_FROM: 'scope_or_permissions', PERMISSIONS_CLAIM: name };
    expectInsufficientScope(await sendText(variables, members), 'read:reports');
  });
});

describe('SCOPE_PREFIX', () => {
  const prefix = { SCOPE_PREFIX: 'https://expenses-api/' };

  it.each<[string, Json]>([
    ['as text', { scope: 'openid https://expenses-api/read:reports' }],
    ['as a list', { scope: ['https://expenses-api/read:reports'] }],
    ['in scp', { scp: ['https://expenses-api/read:reports'] }],
  ])('is taken off %s', async (_title, claims) => {
    expectExpenses(await send(prefix, claims));
  });

  it.each<[string, unknown]>([
    ['without it', 'read:reports'],
    ['with another', 'https://other-api/read:reports'],
    ['with it twice', 'https://expenses-api/https://expenses-api/read:reports'],
    ['in capitals', 'HTTPS://EXPENSES-API/read:reports'],
    ['with it in the middle', 'x-https://expenses-api/read:reports'],
    ['of it alone', 'https://expenses-api/'],
    ['of it, and the rest behind a space', 'https://expenses-api/ read:reports'],
    ['that are a number', 1],
    ['that are an object', { 'https://expenses-api/read:reports': true }],
    ['in a list with a number', ['https://expenses-api/read:reports', 1]],
  ])('lets scopes grant nothing %s', async (_title, scope) => {
    const answer = await send(prefix, { scope });
    expect(answer.statusCode).toBe(403);
    // What a client must ask for, with what the issuer puts before it.
    expect(answer.headers['www-authenticate']).toContain('scope="https://expenses-api/read:reports"');
  });
});

const told = async (url: string) => (await apiWith({ SCOPE_PREFIX: 'https://expenses-api/' })).get(url);

describe('SCOPE_PREFIX, in what clients are told to ask for', () => {
  const scope = 'https://expenses-api/read:reports';

  it('is in the challenge of a request without token', async () => {
    expect((await told('/secured')).headers['www-authenticate']).toContain(`scope="${scope}"`);
    expect((await told('/secured/either')).headers['www-authenticate']).toContain(`scope="${scope}"`);
    const both = 'scope="https://expenses-api/read:reports https://expenses-api/read:all_reports"';
    expect((await told('/secured/both')).headers['www-authenticate']).toContain(both);
  });

  it('is in the metadata of the resource', async () => {
    const { scopes_supported: scopes } = (await told('/.well-known/oauth-protected-resource')).json<{
      scopes_supported: string[];
    }>();
    expect(scopes).toContain(scope);
    expect(scopes.filter((name) => !name.startsWith('https://expenses-api/'))).toStrictEqual([]);
  });

  it('is everywhere in OpenAPI', async () => {
    const document = (await told('/docs/json')).json<{
      paths: Record<string, { get: { security: unknown } }>;
      components: { securitySchemes: { oauth2: { flows: { authorizationCode: { scopes: object } } } } };
    }>();
    expect(document.paths['/']!.get.security).toContainEqual({ oauth2: [scope] });
    const { scopes } = document.components.securitySchemes.oauth2.flows.authorizationCode;
    expect(Object.keys(scopes)).toContain(scope);
    const written = JSON.stringify(document).match(/[^" \\]*read:reports/g)!;
    expect([...new Set(written)]).toStrictEqual([scope]);
  });
});

describe('AUDIENCE_CLAIM', () => {
  const audience = { AUDIENCE_CLAIM: 'client_id', ALLOWED_AUDIENCES: 'https://expenses-api,web' };
  const byClient = (claims: Json) => send(audience, { aud: undefined, scope: 'read:reports', ...claims });

  it('stands for aud in a token without it', async () => {
    expectExpenses(await byClient({ client_id: 'web' }));
  });

  it.each<[string, Json]>([
    ['empty', { client_id: '' }],
    ['a list of nothing', { client_id: [] }],
    ['a list', { client_id: ['web'] }],
    ['a number', { client_id: 1 }],
    ['null', { client_id: null }],
    ['an object', { client_id: { 0: 'web' } }],
  ])('is refused when it is %s', async (_title, claims) => {
    expectInvalidToken(await byClient(claims), 'invalid_claim');
  });

  it.each<[string, Json]>([
    ['empty', { aud: [] }],
    ['null', { aud: null }],
    ['text that is empty', { aud: '' }],
  ])('does not count beside an aud that is %s', async (_title, claims) => {
    expectInvalidToken(await byClient({ client_id: 'web', ...claims }), 'invalid_claim');
  });

  it('does not count beside an aud of others, nor when it is another', async () => {
    expectInvalidToken(await byClient({ client_id: 'web', aud: 'other' }), 'wrong_audience');
    expectInvalidToken(await byClient({ client_id: 'Web' }), 'wrong_audience');
    expectInvalidToken(await byClient({ azp: 'web' }), 'missing_claim');
  });
});

describe('REQUIRED_CLAIMS', () => {
  const required = { REQUIRED_CLAIMS: 'token_use=access,org.id=7,email_verified=true,tid' };
  const good = { token_use: 'access', org: { id: 7 }, email_verified: true, tid: 'x', scope: 'read:reports' };

  it.each<[string, Json]>([
    ['as they are', {}],
    ['as text', { org: { id: '7' }, email_verified: 'true' }],
    ['in a list', { org: { id: [1, 7] } }],
    ['of any kind where none is named', { tid: 0 }],
  ])('are found %s', async (_title, claims) => {
    expectExpenses(await send(required, { ...good, ...claims }));
  });

  it.each<[string, Json]>([
    ['absent', { tid: undefined }],
    ['null', { tid: null }],
    ['an object', { org: { id: { 7: 7 } } }],
    ['another number', { org: { id: 7.5 } }],
    ['text with a space', { org: { id: '7 ' } }],
    ['behind a list', { org: [{ id: 7 }] }],
    ['a list in a list', { org: { id: [[7]] } }],
    ['an empty list', { org: { id: [] } }],
    ['false', { email_verified: false }],
    ['a number for true', { email_verified: 1 }],
  ])('are not found when one is %s', async (_title, claims) => {
    expectInvalidToken(await send(required, { ...good, ...claims }), 'required_claim');
  });

  it.each(['__proto__', 'constructor', 'toString', '__proto__.x', 'hasOwnProperty'])(
    'are not found in what every object has: %s',
    async (name) => {
      expectInvalidToken(await send({ REQUIRED_CLAIMS: name }, { scope: 'read:reports' }), 'required_claim');
    },
  );
});

describe('SUBJECT_CLAIM', () => {
  const subject = { SUBJECT_CLAIM: 'oid,sub,client_id' };
  const who = async (claims: Json) => {
    const api = await apiWith(subject);
    return api.get('/secured/me', issuer.tokenFor({ scopes: ['read:reports'], ...claims }));
  };

  it('is the first that is there', async () => {
    expect((await who({ oid: 'o', client_id: 'c' })).json()).toMatchObject({ subject: 'o' });
    expect((await who({ client_id: 'c' })).json()).toMatchObject({ subject: 'auth0|alice' });
    expect((await who({ sub: undefined, client_id: 'c' })).json()).toMatchObject({
      subject: 'c',
      kind: 'client',
    });
  });

  it.each<[string, Json]>([
    ['null', { oid: null }],
    ['empty', { oid: '' }],
    ['a number', { oid: 1 }],
    ['a list', { oid: ['o'] }],
    ['an object', { oid: { toString: 'o' } }],
    ['the last of all, and empty', { sub: undefined, client_id: '' }],
  ])('is refused when it is %s, and no other takes its place', async (_title, claims) => {
    expect((await who(claims)).statusCode).toBe(401);
  });

  it('is needed', async () => {
    expectInvalidToken(await send(subject, { sub: undefined, scope: 'read:reports' }), 'missing_claim');
  });
});

describe('whatever a genuine token holds', () => {
  const settings = {
    ...path,
    SCOPE_PREFIX: 'api/',
    AUDIENCE_CLAIM: 'client_id',
    SUBJECT_CLAIM: 'oid,sub',
    REQUIRED_CLAIMS: 'org.id',
  };
  const NAMES = [
    'scope',
    'scp',
    'realm_access',
    'aud',
    'client_id',
    'oid',
    'sub',
    'org',
    'typ',
    'token_use',
    'cnf',
    'gty',
    'nonce',
  ];

  it('is accepted or refused, and grants nothing that it does not say', async () => {
    const api = await apiWith(settings);
    const good = { realm_access: { roles: 'read:reports' }, org: { id: 1 } };
    expectExpenses(await api.get('/secured', issuer.tokenFor(good)));
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>,
      fc.constantFrom<unknown>(
        'api/',
        'api/x',
        ['api/x'],
        { roles: 'x' },
        { roles: { x: 1 } },
        { id: 1 },
        'access',
        {},
        [],
        null,
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom(...NAMES), value, { noNullPrototype: true }),
        async (claims) => {
          const { statusCode } = await api.get('/secured', issuer.tokenFor({ scope: undefined, ...claims }));
          // Nothing of the above says read:reports.
          expect([401, 403]).toContain(statusCode);
        },
      ),
      { numRuns: 300 },
    );
  });
});
