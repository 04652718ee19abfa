import type { RefusalReason } from '../../src/auth/index.js';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import { expectExpenses, expectInvalidToken } from '../support/refusal.js';

type Claims = Record<string, unknown>;

let issuer: TestIssuer;
let api: TestApp;

beforeAll(async () => {
  issuer = await startTestIssuer();
  api = await createAuthApp(issuer);
});

afterAll(async () => {
  await api?.close();
  await issuer?.close();
});

const send = (token: string) => api.get('/secured', token);
/** Sends a genuinely signed token with the usual claims, but for these. */
const sendWith = (claims: Claims) => send(issuer.tokenFor({ scopes: ['read:reports'], ...claims }));
/** Sends a genuinely signed token with JSON that no object can say, after the usual claims. */
const sendWithText = (members: string) => {
  const usual = JSON.stringify(issuer.claims({ scopes: ['read:reports'] }));
  return send(issuer.sign({}, `${usual.slice(0, -1)},${members}}`));
};
const now = () => Math.floor(Date.now() / 1000);

describe('a claim that is required', () => {
  it.each(['iss', 'aud', 'exp', 'sub'])('must be there: %s', async (name) => {
    expectInvalidToken(await sendWith({ [name]: undefined }), 'missing_claim');
  });

  it.each(['iss', 'aud', 'exp', 'sub'])('is not inherited through __proto__: %s', async (name) => {
    const { [name]: value, ...others } = issuer.claims({ scopes: ['read:reports'] });
    const text = `${JSON.stringify(others).slice(0, -1)},"__proto__":${JSON.stringify({ [name]: value })}}`;
    expectInvalidToken(await send(issuer.sign({}, text)), 'missing_claim');
  });

  it.each(['iss', 'aud', 'exp', 'sub'])('is compared by its exact name: %s', async (name) => {
    const value = issuer.claims()[name];
    expectInvalidToken(await sendWith({ [name]: undefined, [name.toUpperCase()]: value }), 'missing_claim');
  });
});

describe('a claim of the wrong type is refused', () => {
  it.each<[string, Claims]>([
    ['iss null', { iss: null }],
    ['iss empty', { iss: '' }],
    ['iss an object', { iss: { href: 'x' } }],
    ['iss a number', { iss: 1 }],
    ['sub null', { sub: null }],
    ['sub empty', { sub: '' }],
    ['sub a number', { sub: 1 }],
    ['sub a list', { sub: ['auth0|alice'] }],
    ['sub an object', { sub: { $ne: null } }],
    ['sub true', { sub: true }],
    ['aud null', { aud: null }],
    ['aud empty', { aud: '' }],
    ['aud an empty list', { aud: [] }],
    ['aud a number', { aud: 1 }],
    ['aud true', { aud: true }],
    ['aud an object', { aud: { 0: 'https://expenses-api' } }],
    ['aud with a number beside us', { aud: ['https://expenses-api', 1] }],
    ['aud with null beside us', { aud: ['https://expenses-api', null] }],
    ['aud with an empty name beside us', { aud: ['https://expenses-api', ''] }],
    ['aud a list in a list', { aud: [['https://expenses-api']] }],
    ['exp null', { exp: null }],
    ['exp text', { exp: '9999999999' }],
    ['exp a date as text', { exp: '2999-01-01T00:00:00Z' }],
    ['exp NaN as text', { exp: 'NaN' }],
    ['exp true', { exp: true }],
    ['exp a list', { exp: [9_999_999_999] }],
    ['exp an object', { exp: { valueOf: 9_999_999_999 } }],
    ['nbf null', { nbf: null }],
    ['nbf text', { nbf: '0' }],
    ['nbf false', { nbf: false }],
    ['iat null', { iat: null }],
    ['iat text', { iat: '0' }],
    ['iat a list', { iat: [0] }],
    ['jti a number', { jti: 7 }],
    ['jti empty', { jti: '' }],
    ['client_id an object', { client_id: {} }],
    ['azp a list', { azp: ['expenses-web'] }],
  ])('%s', async (_title, claims) => {
    expectInvalidToken(await sendWith(claims), 'invalid_claim');
  });

  it.each([
    ['exp beyond what a number can hold', '"exp":1e400'],
    ['nbf below what a number can hold', '"nbf":-1e400'],
    ['iat beyond what a number can hold', '"iat":1e400'],
  ])('%s', async (_title, members) => {
    expectInvalidToken(await sendWithText(members), 'invalid_claim');
  });
});

describe('another issuer is refused', () => {
  it.each<[string, (url: string) => unknown, RefusalReason]>([
    ['altogether', () => 'https://other.example.com/', 'wrong_issuer'],
    ['without the slash', (url) => url.slice(0, -1), 'wrong_issuer'],
    ['with two slashes', (url) => `${url}/`, 'wrong_issuer'],
    ['in capitals', (url) => url.toUpperCase(), 'wrong_issuer'],
    ['with a path', (url) => `${url}tenant/`, 'wrong_issuer'],
    ['as a part of another name', (url) => `https://evil.example.com/?${url}`, 'wrong_issuer'],
    ['by https', (url) => url.replace('http:', 'https:'), 'wrong_issuer'],
    ['by address', (url) => url.replace('localhost', '127.0.0.1'), 'wrong_issuer'],
    ['with a user', (url) => url.replace('//', '//user@'), 'wrong_issuer'],
    ['with a space behind', (url) => `${url} `, 'wrong_issuer'],
    ['with a NUL behind', (url) => `${url}\u0000`, 'wrong_issuer'],
    ['in a list with ours', (url) => [url, 'https://other.example.com/'], 'invalid_claim'],
  ])('%s', async (_title, iss, reason) => {
    expectInvalidToken(await sendWith({ iss: iss(issuer.url) }), reason);
  });
});

describe('another audience is refused', () => {
  it.each<[string, unknown]>([
    ['altogether', 'https://other-api'],
    ['the beginning of ours', 'https://expenses'],
    ['ours with more behind it', 'https://expenses-api/admin'],
    ['ours with a slash', 'https://expenses-api/'],
    ['ours in capitals', 'HTTPS://EXPENSES-API'],
    ['ours in a sentence', 'a https://expenses-api'],
    ['a comma list with ours', 'https://other-api,https://expenses-api'],
    ['a list of others', ['https://other-api', 'expenses-api']],
    ['the client of an ID token', 'expenses-web'],
    ['everything', '*'],
    ['ours with a homoglyph', 'https://ехpenses-api'],
  ])('%s', async (_title, aud) => {
    expectInvalidToken(await sendWith({ aud }), 'wrong_audience');
  });

  it.each<[string, unknown]>([
    ['as text', 'https://expenses-api'],
    ['in a list of one', ['https://expenses-api']],
    ['last in a list', ['https://other-api', 'https://expenses-api']],
  ])('but ours is accepted %s', async (_title, aud) => {
    expectExpenses(await sendWith({ aud }));
  });
});

describe('a token at the wrong time is refused', () => {
  it.each<[string, () => Claims, RefusalReason]>([
    ['expired an hour ago', () => ({ exp: now() - 3600 }), 'token_expired'],
    ['expired as long ago as is forgiven', () => ({ exp: now() - 10 }), 'token_expired'],
    ['expired in 1970', () => ({ exp: 0 }), 'token_expired'],
    ['expired before 1970', () => ({ exp: -1 }), 'token_expired'],
    ['expired by a fraction', () => ({ exp: now() - 10.5 }), 'token_expired'],
    ['valid from tomorrow', () => ({ nbf: now() + 86_400 }), 'token_not_yet_valid'],
    ['valid a moment beyond what is forgiven', () => ({ nbf: now() + 12 }), 'token_not_yet_valid'],
    ['valid from a time in milliseconds', () => ({ nbf: Date.now() }), 'token_not_yet_valid'],
    ['issued tomorrow', () => ({ iat: now() + 86_400 }), 'issued_in_future'],
    ['issued at a time in milliseconds', () => ({ iat: Date.now() }), 'issued_in_future'],
  ])('%s', async (_title, claims, reason) => {
    expectInvalidToken(await sendWith(claims()), reason);
  });

  it('but a small difference of the clocks is forgiven', async () => {
    expectExpenses(await sendWith({ nbf: now() + 9, iat: now() + 9 }));
    expectExpenses(await sendWith({ exp: now() - 7 }));
  });
});

describe('a token that is no access token is refused', () => {
  it.each<[string, Claims, RefusalReason]>([
    ['an ID token with nonce', { nonce: 'n-0S6_WzA2Mj' }, 'not_an_access_token'],
    [
      'an ID token with the hash of an access token',
      { at_hash: '77QmUPtjPfzWtF2AnpK9RQ' },
      'not_an_access_token',
    ],
    ['an ID token with the hash of a code', { c_hash: 'LDktKdoQak3Pk0cnXxCltA' }, 'not_an_access_token'],
    ['an ID token with the hash of a state', { s_hash: 'x' }, 'not_an_access_token'],
    ['an ID token with an empty nonce', { nonce: '' }, 'not_an_access_token'],
    ['an ID token with a null nonce', { nonce: null }, 'not_an_access_token'],
    ['an ID token without any of these', { aud: 'expenses-web' }, 'wrong_audience'],
    [
      'a logout token',
      { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
      'not_an_access_token',
    ],
    [
      'a token bound to a DPoP key',
      { cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } },
      'sender_constrained_token',
    ],
    [
      'a token bound to a certificate',
      { cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' } },
      'unverifiable_binding',
    ],
    ['a token bound in an unknown way', { cnf: {} }, 'unverifiable_binding'],
    ['a token bound to null', { cnf: null }, 'unverifiable_binding'],
  ])('%s', async (_title, claims, reason) => {
    expectInvalidToken(await sendWith(claims), reason);
  });
});

describe('claims that come twice count by their last value', () => {
  it.each<[string, string, RefusalReason]>([
    ['aud', '"aud":"https://other-api"', 'wrong_audience'],
    ['iss', '"iss":"https://other.example.com/"', 'wrong_issuer'],
    ['exp', '"exp":1', 'token_expired'],
    ['sub', '"sub":null', 'invalid_claim'],
    ['sub in escapes', String.raw`"\u0073ub":null`, 'invalid_claim'],
  ])('%s', async (_title, members, reason) => {
    expectInvalidToken(await sendWithText(members), reason);
  });
});

describe('claims that are no JSON object are refused', () => {
  it.each([
    ['a list', '[]'],
    ['a list with the claims', '[{"iss":"x"}]'],
    ['null', 'null'],
    ['text', '"auth0|alice"'],
    ['a number', '1'],
    ['exp NaN', '{"exp":NaN}'],
    ['exp Infinity', '{"exp":Infinity}'],
    ['exp hexadecimal', '{"exp":0xffffffff}'],
    ['an open object', '{"iss":"x"'],
    ['a byte order mark', '\ufeff{}'],
    ['a form', 'iss=x&sub=y'],
    ['another token', 'eyJhbGciOiJSUzI1NiJ9.e30.AAAA'],
  ])('%s', async (_title, claims) => {
    expectInvalidToken(await send(issuer.sign({}, claims)), 'malformed_token');
  });
});

describe('strange claims of a genuine token do no harm', () => {
  it.each<[string, string]>([
    ['nested 2000 deep', `"x":${'['.repeat(2000)}${']'.repeat(2000)}`],
    ['__proto__', '"__proto__":{"isAdmin":true}'],
    ['constructor', '"constructor":{"prototype":{"isAdmin":true}}'],
    ['toString and toJSON', '"toString":1,"toJSON":1,"valueOf":1'],
    ['a lone surrogate', String.raw`"name":"\ud800"`],
    ['a number beyond all bounds', '"x":1e999'],
  ])('%s', async (_title, members) => {
    expectExpenses(await sendWithText(members));
    expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
  });
});
