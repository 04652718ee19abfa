import type { AccessToken } from './access-token.js';
import { claimsOfOthers, isAccessToken, markOf } from './token-kind.js';

const token = (claims: object, header: object = {}): AccessToken => ({
  header: header as AccessToken['header'],
  claims: claims as AccessToken['claims'],
});
const ofOthers = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events'];

describe('the mark of an issuer', () => {
  it.each<[string, object, object]>([
    ['type at+jwt', {}, { typ: 'at+jwt' }],
    ['type AT+JWT', {}, { typ: 'AT+JWT' }],
    ['type application/at+jwt', {}, { typ: 'application/at+jwt' }],
    ['claim typ Bearer', { typ: 'Bearer' }, {}],
    ['claim typ bearer', { typ: 'bearer' }, { typ: 'JWT' }],
    ['claim typ DPoP', { typ: 'DPoP' }, {}],
    ['token_use access', { token_use: 'access' }, {}],
    ['scp beside tfp', { tfp: 'B2C_1_signin', scp: 'read' }, {}],
  ])('says access token by %s, whatever claims it has beside', (_title, claims, header) => {
    expect(markOf(token(claims, header))).toBe('access');
    expect(isAccessToken(token(claims, header))).toBe(true);
    for (const name of ofOthers) expect(isAccessToken(token({ ...claims, [name]: 'x' }, header))).toBe(true);
  });

  it.each<[string, object]>([
    ...['ID', 'Id', 'id', 'Serialized-ID', 'Refresh', 'Offline', 'Logout'].map((typ): [string, object] => [
      `claim typ ${typ}`,
      { typ },
    ]),
    ['claim typ InitialAccessToken', { typ: 'InitialAccessToken' }],
    ['claim typ RegistrationAccessToken', { typ: 'RegistrationAccessToken' }],
    ...['id', 'Access', 'access ', '', null, ['access'], { access: 1 }, 1].map((use): [string, object] => [
      `token_use ${JSON.stringify(use)}`,
      { token_use: use },
    ]),
  ])('says another token by %s, even in a token of type at+jwt', (_title, claims) => {
    for (const header of [{}, { typ: 'JWT' }, { typ: 'at+jwt' }]) {
      expect(markOf(token(claims, header))).toBe('other');
      expect(isAccessToken(token(claims, header))).toBe(false);
    }
  });

  it('says another token when two marks are at odds', () => {
    expect(markOf(token({ typ: 'ID', token_use: 'access' }))).toBe('other');
    expect(markOf(token({ typ: 'Bearer', token_use: 'id' }))).toBe('other');
    expect(markOf(token({ tfp: 'x', scp: 'read', typ: 'ID' }))).toBe('other');
  });

  it.each<[string, object, object]>([
    ['nothing', {}, {}],
    ['type JWT', {}, { typ: 'JWT' }],
    ['types that are no text', { typ: ['Bearer'] }, { typ: ['at+jwt'] }],
    ['types that only look alike', { typ: 'Bearer ' }, { typ: 'x/at+jwt' }],
    ['an inherited token_use', Object.create({ token_use: 'access' }) as object, {}],
    ['scp without tfp', { scp: 'read' }, {}],
    ['tfp without scp', { tfp: 'B2C_1_signin' }, {}],
    ['an empty scp', { tfp: 'B2C_1_signin', scp: '' }, {}],
    ['a list as scp', { tfp: 'B2C_1_signin', scp: ['read'] }, {}],
    ['a list as tfp', { tfp: ['B2C_1_signin'], scp: 'read' }, {}],
  ])('is not there with %s', (_title, claims, header) => {
    expect(markOf(token(claims, header))).toBeUndefined();
    expect(isAccessToken(token(claims, header))).toBe(true);
    for (const name of ofOthers)
      expect(isAccessToken(token({ ...claims, [name]: null }, header))).toBe(false);
  });
});

it('the claims of other tokens are named in a fixed order', () => {
  expect(
    claimsOfOthers(token({ events: {}, sub: 'x', nonce: '', s_hash: 1, c_hash: 1, at_hash: 1 })),
  ).toStrictEqual(ofOthers);
  expect(claimsOfOthers(token(Object.create({ nonce: 'x' }) as object))).toStrictEqual([]);
});
