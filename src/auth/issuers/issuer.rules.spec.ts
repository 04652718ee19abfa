import { namesIn, principalRulesOf, toAlgorithms, tokenRulesOf, toRequiredClaim } from './issuer.rules.js';

const least = { issuerBaseUrl: 'https://issuer.example.com', audiences: ['https://expenses-api'] };

describe('algorithms', () => {
  it('are known by their names, each once and in their order', () => {
    expect(toAlgorithms(['PS256', 'RS256', 'PS256'])).toStrictEqual(['PS256', 'RS256']);
    expect(toAlgorithms(['Ed25519', 'EdDSA', 'ES256'])).toStrictEqual(['EdDSA', 'ES256']);
  });

  it.each([['none'], ['HS256'], ['rs256'], ['Ed448'], [''], ['__proto__']])(
    'cannot be %j, which is named',
    (name) => {
      expect(() => toAlgorithms(['RS256', name])).toThrow(TypeError);
      expect(() => toAlgorithms(['RS256', name])).toThrow(`EdDSA: ${name}`);
    },
  );

  it('cannot be none at all', () => {
    expect(() => toAlgorithms([])).toThrow(TypeError);
  });
});

describe('a claim that is required', () => {
  it.each([
    ['tid', { name: 'tid' }],
    ['token_use=access', { name: 'token_use', value: 'access' }],
    ['a=b=c', { name: 'a', value: 'b=c' }],
    ['a=', { name: 'a', value: '' }],
    ['=a', { name: '', value: 'a' }],
    ['realm.org=x y', { name: 'realm.org', value: 'x y' }],
  ])('is read from %s', (text, claim) => {
    expect(toRequiredClaim(text)).toStrictEqual(claim);
  });
});

describe('the rules of an issuer', () => {
  it('are strict where its options say nothing', () => {
    expect(tokenRulesOf(least, 7)).toStrictEqual({
      algorithms: ['RS256'],
      audiences: ['https://expenses-api'],
      audienceClaim: 'aud',
      subjectClaims: ['sub'],
      requiredClaims: [],
      clockToleranceSeconds: 7,
      profile: 'jwt',
    });
    expect(principalRulesOf(least)).toStrictEqual({
      subjectClaims: ['sub'],
      grantsFrom: 'scope',
      permissionsClaim: 'permissions',
      scopePrefix: '',
    });
  });

  it('are what its options say', () => {
    const options = {
      ...least,
      algorithms: ['ES256', 'Ed25519'],
      audienceClaim: 'client_id',
      subjectClaim: ['oid', 'sub'],
      requiredClaims: ['token_use=access'],
      profile: 'rfc9068' as const,
      grantsFrom: 'scope_or_permissions' as const,
      permissionsClaim: 'roles',
      scopePrefix: 'api/',
    };
    expect(tokenRulesOf(options, 0)).toStrictEqual({
      algorithms: ['ES256', 'EdDSA'],
      audiences: ['https://expenses-api'],
      audienceClaim: 'client_id',
      subjectClaims: ['oid', 'sub'],
      requiredClaims: [{ name: 'token_use', value: 'access' }],
      clockToleranceSeconds: 0,
      profile: 'rfc9068',
    });
    expect(principalRulesOf(options)).toStrictEqual({
      subjectClaims: ['oid', 'sub'],
      grantsFrom: 'scope_or_permissions',
      permissionsClaim: 'roles',
      scopePrefix: 'api/',
    });
  });

  it('take one name as text and several as a list', () => {
    expect(principalRulesOf({ subjectClaim: 'oid' }).subjectClaims).toStrictEqual(['oid']);
    expect(namesIn({})).toStrictEqual([]);
    expect(namesIn({ issuer: 'a,b' })).toStrictEqual(['a,b']);
    expect(namesIn({ issuer: ['a', 'b'] })).toStrictEqual(['a', 'b']);
  });
});
