import * as fc from 'fast-check';
import type { IssuerOptions } from '../issuers/issuer.options.js';
import { principalRulesOf } from '../issuers/issuer.rules.js';
import * as principal from './principal.js';

const ISSUER = 'https://issuer.example.com/';
const rulesOf = (options: Partial<IssuerOptions> | IssuerOptions['grantsFrom']) =>
  principalRulesOf(typeof options === 'string' ? { grantsFrom: options } : (options ?? {}));
const toPrincipal = (given: object, options: Parameters<typeof rulesOf>[0]) =>
  principal.toPrincipal(given as Record<string, unknown>, ISSUER, rulesOf(options));
const grantedScopes = (given: object, options: Parameters<typeof rulesOf>[0]) =>
  principal.grantedScopes(given as Record<string, unknown>, rulesOf(options));

const claims = { sub: 'auth0|alice', exp: 2_000_000_000 };

describe('toPrincipal', () => {
  it('says who calls, in the words of RFC 9068 and of Auth0', () => {
    expect(
      toPrincipal({ ...claims, client_id: 'web', azp: 'other', jti: 'a', scope: 'x y' }, 'scope'),
    ).toMatchObject({
      subject: 'auth0|alice',
      clientId: 'web',
      kind: 'user',
      scopes: ['x', 'y'],
      expiresAt: 2_000_000_000,
      tokenId: 'a',
    });
    expect(toPrincipal({ ...claims, azp: 'web' }, 'scope')).toMatchObject({ clientId: 'web', kind: 'user' });
  });

  it.each<[string, object]>([
    ['its subject is the client', { sub: 'job', client_id: 'job' }],
    ['its subject is written as Auth0 does', { sub: 'job@clients', azp: 'job' }],
    ['Auth0 names the grant', { gty: 'client-credentials' }],
  ])('tells a machine by its token: %s', (_title, machine) => {
    expect(toPrincipal({ ...claims, ...machine }, 'scope').kind).toBe('client');
  });

  it('takes nobody for a machine because of another client', () => {
    expect(toPrincipal({ ...claims, sub: 'job@clients', azp: 'web' }, 'scope').kind).toBe('user');
    expect(toPrincipal({ ...claims, sub: '@clients' }, 'scope').kind).toBe('user');
  });

  it('is frozen all the way down', () => {
    const isFrozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(isFrozen));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (others) => {
        expect(isFrozen(toPrincipal({ ...others, ...claims, scope: 'a b' }, 'scope'))).toBe(true);
      }),
    );
  });
});

it('an account is the subject, with what tells its issuer before it', () => {
  expect(toPrincipal(claims, 'scope').account).toBe('auth0|alice');
  expect(principal.toPrincipal(claims, ISSUER, rulesOf('scope'), 'b:').account).toBe('b:auth0|alice');
});

const login = (own: object) => toPrincipal({ ...claims, ...own }, 'scope').authentication;

describe('a login', () => {
  it('is what the issuer says of it, as far as it has the right types', () => {
    const all = { acr: 'mfa', amr: ['pwd', 'otp'], auth_time: 5 };
    expect(login(all)).toStrictEqual({ acr: 'mfa', amr: ['pwd', 'otp'], time: 5 });
    expect(login({ ...all, acr: 1 })).toStrictEqual({ amr: ['pwd', 'otp'], time: 5 });
    expect(login({ ...all, amr: ['pwd', 1] })).toStrictEqual({ acr: 'mfa', time: 5 });
    expect(login({ ...all, amr: 'pwd' })).toStrictEqual({ acr: 'mfa', time: 5 });
    for (const time of ['5', Number.NaN, Number.POSITIVE_INFINITY, null]) {
      expect(login({ ...all, auth_time: time })).toStrictEqual({ acr: 'mfa', amr: ['pwd', 'otp'] });
    }
  });

  it('is nothing when the issuer says nothing, and for an application', () => {
    expect(login({})).toBeUndefined();
    expect(login({ acr: '', amr: [1], auth_time: '5' })).toBeUndefined();
    expect(login({ acr: 'mfa', idtyp: 'app' })).toBeUndefined();
  });
});

const kind = (own: object, options: Partial<IssuerOptions> = {}) =>
  toPrincipal({ ...claims, ...own }, options).kind;

describe('a machine', () => {
  it('is told by what Microsoft says of a token', () => {
    expect(kind({ idtyp: 'app' })).toBe('client');
    expect(kind({ idtyp: 'user' })).toBe('user');
    expect(kind({ idtyp: ['app'] })).toBe('user');
  });

  it('is told by its client id as sub, also where another claim names the subject', () => {
    const options = { subjectClaim: ['oid', 'sub'] };
    expect(kind({ oid: 'o', sub: 'c', client_id: 'c' }, options)).toBe('client');
    expect(kind({ oid: 'c', sub: 's', client_id: 'c' }, options)).toBe('client');
    expect(kind({ oid: 'o', sub: 'c@clients', azp: 'c' }, options)).toBe('client');
    expect(kind({ oid: 'o', sub: 's', client_id: 'c' }, options)).toBe('user');
  });
});

describe('grantedScopes', () => {
  it('takes the prefix of the issuer off, and leaves out what is without it or nothing else', () => {
    const options = { scopePrefix: 'api/' };
    expect(grantedScopes({ scope: 'openid api/read api/ write xapi/x api' }, options)).toStrictEqual([
      'read',
    ]);
    expect(grantedScopes({ scope: 'api/api/read' }, options)).toStrictEqual(['api/read']);
  });

  it('reads the names of an object of permissions, unless the claim is that of Auth0, which is a list', () => {
    const permissions = { a: true, b: false };
    const grantsFrom = 'scope_or_permissions';
    expect(grantedScopes({ permissions }, { grantsFrom })).toStrictEqual([]);
    expect(grantedScopes({ roles: permissions }, { grantsFrom, permissionsClaim: 'roles' })).toStrictEqual([
      'a',
    ]);
  });

  it('gives the words of the scope, each once', () => {
    const word = fc.stringMatching(/^[!#-[\]-~]{1,12}$/);
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(grantedScopes({ scope: words.join(' ') }, 'scope')).toStrictEqual([...new Set(words)]);
      }),
    );
  });

  it('grants nothing by a scope that is neither text nor a list of text', () => {
    fc.assert(
      fc.property(
        fc
          .jsonValue()
          .filter((value) => typeof value !== 'string')
          .filter((value) => !Array.isArray(value) || value.some((word) => typeof word !== 'string')),
        (scope) => {
          expect(grantedScopes({ scope, scp: 'a' }, 'scope')).toStrictEqual([]);
        },
      ),
    );
  });

  it('reads a scope that is a list of text', () => {
    expect(grantedScopes({ scope: ['a', 'b', 'a'] }, 'scope')).toStrictEqual(['a', 'b']);
    expect(grantedScopes({ scope: [], scp: 'a' }, 'scope')).toStrictEqual([]);
  });

  it('reads scp as text or list when there is no scope', () => {
    expect(grantedScopes({ scp: 'a b' }, 'scope')).toStrictEqual(['a', 'b']);
    expect(grantedScopes({ scp: ['a', 'b', 'a'] }, 'scope')).toStrictEqual(['a', 'b']);
    expect(grantedScopes({ scp: ['a', 1] }, 'scope')).toStrictEqual([]);
    expect(grantedScopes({ scope: 'a', scp: 'b' }, 'scope')).toStrictEqual(['a']);
  });

  it.each([
    ['scope', ['a', 'b']],
    ['scope_or_permissions', ['a', 'b', 'c']],
    ['scope_and_permissions', ['b']],
  ] as const)('combines scope and permissions as told: %s', (from, granted) => {
    expect(grantedScopes({ scope: 'a b', permissions: ['b', 'c'] }, from)).toStrictEqual(granted);
  });

  it('grants nothing by permissions that are not there when both must grant', () => {
    for (const permissions of [undefined, null, [], {}, [1], true]) {
      expect(grantedScopes({ scope: 'a', permissions }, 'scope_and_permissions')).toStrictEqual([]);
      expect(grantedScopes({ scope: 'a', permissions }, 'scope_or_permissions')).toStrictEqual(['a']);
    }
  });
});
