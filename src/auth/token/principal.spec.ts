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

describe('grantedScopes', () => {
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
