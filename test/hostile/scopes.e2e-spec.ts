import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { expectExpenses, expectInsufficientScope } from '../support/refusal.js';

type Claims = Record<string, unknown>;

let issuer: TestIssuer;
let api: TestApp;
let either: TestApp;
let both: TestApp;

beforeAll(async () => {
  issuer = await startTestIssuer();
  api = await createAuthApp(issuer);
  either = await createAuthApp(issuer, { variables: { GRANTS_FROM: 'scope_or_permissions' } });
  both = await createAuthApp(issuer, { variables: { GRANTS_FROM: 'scope_and_permissions' } });
});

afterAll(async () => {
  await Promise.all([api?.close(), either?.close(), both?.close()]);
  await issuer?.close();
});

const get = (claims: Claims, url = '/secured', app = api) => app.get(url, issuer.tokenFor(claims));

describe('a scope that is not exactly the one that is needed grants nothing', () => {
  it.each<[string, Claims]>([
    ['none', {}],
    ['empty', { scope: '' }],
    ['only spaces', { scope: '   ' }],
    ['another', { scope: 'create:expenses' }],
    ['its beginning', { scope: 'read:report' }],
    ['longer', { scope: 'read:reportss' }],
    ['its end', { scope: 'ead:reports' }],
    ['with a prefix', { scope: 'x-read:reports' }],
    ['in capitals', { scope: 'READ:REPORTS' }],
    ['in one capital', { scope: 'read:Reports' }],
    ['behind a comma', { scope: 'create:expenses,read:reports' }],
    ['behind a tab', { scope: 'create:expenses\tread:reports' }],
    ['behind a line break', { scope: 'create:expenses\nread:reports' }],
    ['behind a no-break space', { scope: 'create:expenses\u00a0read:reports' }],
    ['before a NUL', { scope: 'read:reports\u0000' }],
    ['in quotes', { scope: '"read:reports"' }],
    ['with an asterisk', { scope: 'read:* *' }],
    ['with a homoglyph', { scope: 'reаd:reports' }],
    ['with a full-width colon', { scope: 'read：reports' }],
    ['in a list with a number beside it', { scope: ['read:reports', 1] }],
    ['in one text of a list', { scope: ['openid read:reports'] }],
    ['in a list in a list', { scope: [['read:reports']] }],
    ['in an object', { scope: { 'read:reports': true } }],
    ['as a number', { scope: 1 }],
    ['as true', { scope: true }],
    ['as null', { scope: null }],
    ['in a claim of another name', { permission: 'read:reports', Scope: 'read:reports' }],
    ['in permissions, which are not asked', { permissions: ['read:reports'] }],
    ['in roles', { roles: ['read:reports'] }],
    ['in scp, when there is a scope', { scope: 'openid', scp: ['read:reports'] }],
    ['in scp, when the scope is null', { scope: null, scp: 'read:reports' }],
    ['in scp with a number beside it', { scp: ['read:reports', 1] }],
    ['in scp, in one text of a list', { scp: ['openid read:reports'] }],
    ['in scp as an object', { scp: { 0: 'read:reports', length: 1 } }],
  ])('%s', async (_title, claims) => {
    expectInsufficientScope(await get(claims), 'read:reports');
  });

  it('through __proto__', async () => {
    const text = `${JSON.stringify(issuer.claims()).slice(0, -1)},"__proto__":{"scope":"read:reports"}}`;
    expectInsufficientScope(await api.get('/secured', issuer.sign({}, text)), 'read:reports');
  });

  it('when the scope comes twice and the last one is another', async () => {
    const text = `${JSON.stringify(issuer.claims({ scopes: ['read:reports'] })).slice(0, -1)},"scope":"openid"}`;
    expectInsufficientScope(await api.get('/secured', issuer.sign({}, text)), 'read:reports');
  });
});

describe('a scope is granted', () => {
  it.each<[string, Claims]>([
    ['alone', { scope: 'read:reports' }],
    ['among others', { scope: 'openid read:reports create:expenses' }],
    ['twice', { scope: 'read:reports read:reports' }],
    ['with spaces around', { scope: '  read:reports  ' }],
    ['in a list', { scope: ['openid', 'read:reports'] }],
    ['by scp as text', { scp: 'openid read:reports' }],
    ['by scp as a list', { scp: ['openid', 'read:reports'] }],
  ])('%s', async (_title, claims) => {
    expectExpenses(await get(claims));
  });
});

describe('a route that needs several scopes', () => {
  it.each(['read:reports', 'read:all_reports', 'read:reports,read:all_reports', 'create:expenses'])(
    'refuses %s and names all that are needed',
    async (scope) => {
      expectInsufficientScope(await get({ scope }, '/secured/both'), 'read:reports', 'read:all_reports');
    },
  );

  it('accepts them together, in any order', async () => {
    expectExpenses(await get({ scope: 'read:all_reports read:reports' }, '/secured/both'));
  });
});

describe('a route that needs one of several scopes', () => {
  it.each(['read:reports', 'read:all_reports'])('accepts %s', async (scope) => {
    expectExpenses(await get({ scope }, '/secured/either'));
  });

  it('refuses others and names those that would do', async () => {
    const answer = await get({ scope: 'create:expenses' }, '/secured/either');
    expectInsufficientScope(answer, 'read:reports', 'read:all_reports');
  });
});

describe('permissions beside the scope', () => {
  const scoped = { scope: 'read:reports' };
  const permitted = { permissions: ['read:reports'] };

  it('widen it when either grants', async () => {
    expectExpenses(await get({ ...scoped }, '/secured', either));
    expectExpenses(await get({ ...permitted }, '/secured', either));
    expectInsufficientScope(await get({ permissions: [] }, '/secured', either), 'read:reports');
  });

  it('narrow it when both must grant', async () => {
    expectExpenses(await get({ ...scoped, ...permitted }, '/secured', both));
    expectInsufficientScope(await get({ ...scoped }, '/secured', both), 'read:reports');
    expectInsufficientScope(await get({ ...permitted }, '/secured', both), 'read:reports');
    expectInsufficientScope(await get({ ...scoped, permissions: [] }, '/secured', both), 'read:reports');
  });

  it.each<[string, unknown]>([
    ['an object', { 'read:reports': true }],
    ['a list with a number', ['read:reports', 1]],
    ['a list in a list', [['read:reports']]],
    ['true', true],
    ['null', null],
  ])('grant nothing when they are %s', async (_title, permissions) => {
    expectInsufficientScope(await get({ permissions }, '/secured', either), 'read:reports');
    expectInsufficientScope(await get({ ...scoped, permissions }, '/secured', both), 'read:reports');
  });
});

it('a route for everybody with a token asks for no scope', async () => {
  const response = await get({ sub: 'auth0|bob', scope: undefined }, '/secured/me');
  expect(response.statusCode).toBe(200);
  expect(response.json()).toMatchObject({ subject: 'auth0|bob', kind: 'user', scopes: [] });
});
