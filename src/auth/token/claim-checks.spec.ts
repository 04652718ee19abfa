import { audienceOf, hasRequired, malformedClaims, missingClaims } from './claim-checks.js';
import type { TokenRules } from './token-checks.js';

const usual: TokenRules = {
  algorithms: ['RS256'],
  issuers: ['https://issuer.example.com/'],
  audiences: ['https://expenses-api'],
  audienceClaim: 'aud',
  subjectClaims: ['sub'],
  requiredClaims: [],
  confirmationMethods: [],
  clockToleranceSeconds: 0,
  profile: 'jwt',
};
const good = { iss: 'x', sub: 'alice', aud: 'https://expenses-api', exp: 1 };
const token = (claims: object) => ({ header: {}, claims: claims as Record<string, unknown> });
const missing = (claims: object, rules: Partial<TokenRules> = {}) =>
  missingClaims(token(claims), { ...usual, ...rules });
const malformed = (claims: object, rules: Partial<TokenRules> = {}) =>
  malformedClaims(token({ ...good, ...claims }), { ...usual, ...rules });

describe('the audience', () => {
  it.each<[string, object, unknown]>([
    ['aud', { aud: 'a', client_id: 'c' }, 'a'],
    ['aud, even empty', { aud: [], client_id: 'c' }, []],
    ['aud, even null', { aud: null, client_id: 'c' }, null],
    ['the other claim without aud', { client_id: 'c' }, 'c'],
    ['nothing without both', {}, undefined],
  ])('is %s', (_title, claims, audience) => {
    const rules = { ...usual, audienceClaim: 'client_id' };
    expect(audienceOf(claims as Record<string, unknown>, rules)).toStrictEqual(audience);
  });

  it('is found by a path', () => {
    expect(audienceOf({ app: { id: 'c' } }, { ...usual, audienceClaim: 'app.id' })).toBe('c');
  });

  it('is nothing that is inherited', () => {
    expect(audienceOf(Object.create({ aud: 'a' }) as Record<string, unknown>, usual)).toBeUndefined();
  });
});

describe('claims that are missing', () => {
  it('are none of a good token', () => {
    expect(missing(good)).toStrictEqual([]);
  });

  it('are iss, exp, aud and sub of an empty one', () => {
    expect(missing({})).toStrictEqual(['iss', 'exp', 'aud', 'sub']);
    expect(missing(Object.create(good) as object)).toStrictEqual(['iss', 'exp', 'aud', 'sub']);
  });

  it('are none where others may stand for them', () => {
    const { aud: _aud, sub: _sub, ...others } = good;
    expect(missing({ ...others, client_id: 'c' })).toStrictEqual(['aud', 'sub']);
    const rules = { audienceClaim: 'client_id', subjectClaims: ['sub', 'client_id'] };
    expect(missing({ ...others, client_id: 'c' }, rules)).toStrictEqual([]);
    expect(missing({ ...others, azp: 'c' }, rules)).toStrictEqual(['aud', 'sub']);
    expect(missing({ ...good, sub: undefined }, rules)).toStrictEqual([]);
  });

  it('are those of RFC 9068 by that profile, whatever may stand for them', () => {
    const rules = {
      profile: 'rfc9068' as const,
      audienceClaim: 'client_id',
      subjectClaims: ['client_id'],
    };
    expect(missing({ client_id: 'c' }, rules)).toStrictEqual(['iss', 'exp', 'aud', 'sub', 'iat', 'jti']);
    expect(missing({ ...good, client_id: 'c', iat: 1, jti: 'j' }, rules)).toStrictEqual([]);
  });
});

describe('claims that are malformed', () => {
  it('are none of a good token', () => {
    expect(malformed({ nbf: 0, iat: 1.5, jti: 'j', client_id: '', azp: '' })).toStrictEqual([]);
  });

  it.each<[string, unknown[]]>([
    ['iss', ['', null, 1, ['x'], {}]],
    ['jti', ['', null, 1]],
    ['sub', ['', null, 1, ['x'], {}, true]],
    ['exp', ['1', null, Number.NaN, Number.POSITIVE_INFINITY, [1], true]],
    ['nbf', ['1', null, Number.NEGATIVE_INFINITY]],
    ['iat', ['1', null, Number.NaN]],
    ['client_id', [null, 1, ['c'], {}]],
    ['azp', [null, 1, ['c'], {}]],
    ['aud', ['', null, 1, [], [''], ['x', 1], ['x', null], [['x']], {}]],
  ])('are named: %s', (name, values) => {
    for (const value of values) expect(malformed({ [name]: value })).toStrictEqual([name]);
  });

  it('are named each once, also where one is the subject', () => {
    const rules = { subjectClaims: ['client_id', 'sub'] };
    expect(malformed({ client_id: 1 }, rules)).toStrictEqual(['client_id']);
    expect(malformed({ client_id: '' }, rules)).toStrictEqual(['client_id']);
    expect(malformed({ sub: '' })).toStrictEqual(['sub']);
    expect(malformed({ oid: 1 }, { subjectClaims: ['oid', 'sub'] })).toStrictEqual(['oid']);
    expect(malformed({ oid: 'o', sub: 'x' }, { subjectClaims: ['oid', 'sub'] })).toStrictEqual([]);
  });

  it('are named as the claim that stands for aud', () => {
    const { aud: _aud, ...others } = good;
    const rules = { ...usual, audienceClaim: 'client_id' };
    expect(malformedClaims(token({ ...others, client_id: '' }), rules)).toStrictEqual(['client_id']);
    expect(malformedClaims(token({ ...others, client_id: 'c' }), rules)).toStrictEqual([]);
    expect(malformedClaims(token({ ...good, client_id: '' }), rules)).toStrictEqual([]);
  });
});

describe('a claim that is required', () => {
  it.each<[object, string, string | undefined]>([
    [{ a: 'x' }, 'a', 'x'],
    [{ a: 7 }, 'a', '7'],
    [{ a: true }, 'a', 'true'],
    [{ a: false }, 'a', 'false'],
    [{ a: ['y', 'x'] }, 'a', 'x'],
    [{ a: [7] }, 'a', '7'],
    [{ a: '' }, 'a', ''],
    [{ a: { b: 'x' } }, 'a.b', 'x'],
    [{ a: 0 }, 'a', undefined],
    [{ a: '' }, 'a', undefined],
    [{ a: {} }, 'a', undefined],
    [{ a: false }, 'a', undefined],
  ])('is in %j: %s=%s', (claims, name, value) => {
    expect(hasRequired(claims as Record<string, unknown>, { name, value })).toBe(true);
  });

  it.each<[object, string, string | undefined]>([
    [{ a: 'X' }, 'a', 'x'],
    [{ a: 'x ' }, 'a', 'x'],
    [{ a: null }, 'a', 'null'],
    [{}, 'a', 'undefined'],
    [{ a: {} }, 'a', '[object Object]'],
    [{ a: ['x', 'y'] }, 'a', 'x,y'],
    [{ a: [['x']] }, 'a', 'x'],
    [{ a: [] }, 'a', ''],
    [{ a: null }, 'a', undefined],
    [{}, 'a', undefined],
    [{}, 'toString', undefined],
  ])('is not in %j: %s=%s', (claims, name, value) => {
    expect(hasRequired(claims as Record<string, unknown>, { name, value })).toBe(false);
  });
});
