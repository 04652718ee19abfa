import { jest } from '@jest/globals';
import type { AccessToken } from './access-token.js';
import { InvalidToken } from '../auth.errors.js';
import { assertAcceptable, tokenChecks, type TokenRules } from './token-checks.js';

const NOW = 1_800_000_000;
const rules: TokenRules = {
  algorithms: ['RS256'],
  audienceClaim: 'aud',
  subjectClaims: ['sub'],
  requiredClaims: [],
  issuers: ['https://issuer.example.com/'],
  audiences: ['https://expenses-api', 'https://expenses-api-2'],
  confirmationMethods: [],
  clockToleranceSeconds: 5,
  profile: 'jwt',
};
const good: AccessToken = {
  header: { alg: 'RS256', typ: 'JWT', kid: 'a' },
  claims: {
    iss: 'https://issuer.example.com/',
    aud: 'https://expenses-api',
    sub: 'alice',
    exp: NOW + 60,
    iat: NOW,
  },
};

/** As JSON has it, without what is undefined. */
const clean = (value: object) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>;

/** The reason for refusing the good token with these changes. */
function reasonFor(
  { header = {}, claims = {} }: { header?: object; claims?: object },
  changes: Partial<TokenRules> = {},
): string | undefined {
  try {
    assertAcceptable(
      { header: clean({ ...good.header, ...header }), claims: clean({ ...good.claims, ...claims }) },
      { ...rules, ...changes },
    );
    return undefined;
  } catch (error) {
    return (error as InvalidToken).reason;
  }
}

beforeEach(() => {
  jest.spyOn(Date, 'now').mockReturnValue(NOW * 1000);
});

afterEach(() => {
  jest.restoreAllMocks();
});

it('a good token passes', () => {
  expect(reasonFor({})).toBeUndefined();
});

describe('time', () => {
  it.each([
    ['exp', NOW - 4, undefined],
    ['exp', NOW - 4.999, undefined],
    ['exp', NOW - 5, 'token_expired'],
    ['exp', NOW - 6, 'token_expired'],
    ['exp', -1e300, 'token_expired'],
    ['nbf', NOW + 5, undefined],
    ['nbf', NOW + 5.001, 'token_not_yet_valid'],
    ['nbf', 1e300, 'token_not_yet_valid'],
    ['nbf', -1, undefined],
    ['iat', NOW + 5, undefined],
    ['iat', NOW + 5.001, 'issued_in_future'],
    ['iat', 0, undefined],
  ])('%s %d is judged as %s', (claim, time, reason) => {
    expect(reasonFor({ claims: { [claim]: time } })).toBe(reason);
  });

  it('is forgiven nothing when the tolerance is none', () => {
    const exact = { clockToleranceSeconds: 0 };
    expect(reasonFor({ claims: { exp: NOW } }, exact)).toBe('token_expired');
    expect(reasonFor({ claims: { exp: NOW + 0.001 } }, exact)).toBeUndefined();
    expect(reasonFor({ claims: { nbf: NOW } }, exact)).toBeUndefined();
    expect(reasonFor({ claims: { iat: NOW + 0.001 } }, exact)).toBe('issued_in_future');
  });
});

describe('issuer and audience', () => {
  it('any of several audiences of ours will do, in text or list', () => {
    for (const aud of ['https://expenses-api-2', ['x', 'https://expenses-api-2'], ['https://expenses-api']]) {
      expect(reasonFor({ claims: { aud } })).toBeUndefined();
    }
    expect(reasonFor({ claims: { aud: ['x', 'y'] } })).toBe('wrong_audience');
  });

  it('both spellings of the issuer will do until discovery has named one', () => {
    const issuers = ['https://issuer.example.com/', 'https://issuer.example.com'];
    for (const iss of issuers) expect(reasonFor({ claims: { iss } }, { issuers })).toBeUndefined();
    expect(reasonFor({ claims: { iss: issuers[1] } })).toBe('wrong_issuer');
    expect(reasonFor({}, { issuers: [] })).toBe('wrong_issuer');
  });
});

describe('profile rfc9068', () => {
  const profile = { profile: 'rfc9068' } as const;
  const complete = { header: { typ: 'at+jwt' }, claims: { client_id: 'web', jti: 'b' } };

  it('accepts a complete token', () => {
    expect(reasonFor(complete, profile)).toBeUndefined();
    expect(reasonFor({ ...complete, header: { typ: 'application/at+jwt' } }, profile)).toBeUndefined();
  });

  it.each(['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'])('demands %s', (claim) => {
    const claims = { ...complete.claims, [claim]: undefined };
    expect(reasonFor({ ...complete, claims }, profile)).toBe('missing_claim');
  });

  it.each(['JWT', 'application/jwt', undefined])('refuses the type %s', (typ) => {
    expect(reasonFor({ ...complete, header: { typ } }, profile)).toBe('unsupported_type');
  });
});

describe('the list of checks', () => {
  it('says of each what holds when it passes', () => {
    for (const { title } of tokenChecks)
      expect(`The token ${title}`).toMatch(/^The token (is|has|names|was) .+[^.]$/);
    expect(new Set(tokenChecks.map(({ title }) => title)).size).toBe(tokenChecks.length);
  });

  it('refuses at the first one that fails', () => {
    const claims = { exp: 1, iss: 'x', cnf: {} };
    expect(reasonFor({ header: { alg: 'none', crit: [] }, claims })).toBe('unsupported_algorithm');
    expect(reasonFor({ header: { crit: [] }, claims })).toBe('unsupported_header');
    expect(reasonFor({ claims })).toBe('unverifiable_binding');
  });
});
