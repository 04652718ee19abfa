import type { SharedAuthOptions } from '../auth.options.js';
import type { IssuerOptions } from './issuer.options.js';
import { accountPrefixOf, TrustedIssuer } from './trusted-issuer.js';

const url = 'https://issuer.example.com';
const resourceMetadataUrl = 'https://api.example.com/.well-known/oauth-protected-resource';
const issuerWith = (
  options: Partial<IssuerOptions> = {},
  shared: SharedAuthOptions = {},
  isFirst = true,
): TrustedIssuer =>
  new TrustedIssuer({ issuerBaseUrl: url, audiences: ['https://expenses-api'], ...options }, shared, isFirst);

describe('its names', () => {
  it('are both spellings of its address until discovery has said which', () => {
    const issuer = issuerWith();
    expect(issuer.rules.issuers).toStrictEqual([`${url}/`, url]);
    expect(issuer.name).toBe(`${url}/`);
    issuer.keys.issuers = [url];
    expect(issuer.rules.issuers).toStrictEqual([url]);
    expect(issuer.name).toBe(url);
  });

  it('are those that are given, and no others', () => {
    expect(issuerWith({ issuer: 'acme.com' }).rules.issuers).toStrictEqual(['acme.com']);
    const issuer = issuerWith({ issuer: ['a', 'b'] });
    expect(issuer.rules.issuers).toStrictEqual(['a', 'b']);
    expect(issuer.name).toBe('a');
  });
});

describe('its accounts', () => {
  it('have nothing before them when it is the first, else its address and a control character', () => {
    expect(issuerWith().accountPrefix).toBe('');
    expect(issuerWith({}, {}, false).accountPrefix).toBe(`${url}\u001f`);
    expect(accountPrefixOf('x')).toBe('x\u001f');
  });
});

describe('its rules', () => {
  it('take a clock difference of 10 seconds unless told otherwise', () => {
    expect(issuerWith().rules.clockToleranceSeconds).toBe(10);
    expect(issuerWith({}, { clockToleranceSeconds: 0 }).rules.clockToleranceSeconds).toBe(0);
  });

  it('take the address of the API as an audience beside the others', () => {
    expect(issuerWith().rules.audiences).toStrictEqual(['https://expenses-api']);
    expect(issuerWith({}, { resourceMetadataUrl }).rules.audiences).toStrictEqual([
      'https://expenses-api',
      'https://api.example.com',
      'https://api.example.com/',
    ]);
  });

  it('take tokens bound to a key where the address of the API is known, unless that is off', () => {
    expect(issuerWith().rules.confirmationMethods).toStrictEqual([]);
    expect(issuerWith({}, { resourceMetadataUrl }).rules.confirmationMethods).toStrictEqual(['jkt']);
    expect(
      issuerWith({}, { resourceMetadataUrl, dpop: { mode: 'off' } }).rules.confirmationMethods,
    ).toStrictEqual([]);
  });
});

it('a scope is asked for with its prefix', () => {
  expect(issuerWith().scopeToAskFor('read:reports')).toBe('read:reports');
  expect(issuerWith({ scopePrefix: 'api/' }).scopeToAskFor('read:reports')).toBe('api/read:reports');
});

describe('where clients find its metadata', () => {
  it.each<[string, Partial<IssuerOptions>, string]>([
    ['is its name', {}, `${url}/`],
    ['is its address when its name is another', { issuer: 'https://sts.example.com/T/' }, url],
    ['is its address when its name is no URL', { issuer: 'acme.com', jwksUri: `${url}/keys` }, url],
    ['is its address when its name is of another scheme', { issuer: 'urn:x', jwksUri: `${url}/keys` }, url],
    [
      'is its name when that is a URL and there is no discovery',
      { issuer: 'https://other.example.com/', jwksUri: `${url}/keys` },
      'https://other.example.com/',
    ],
    ['is its address with a slash when there is only a key set', { jwksUri: `${url}/keys` }, `${url}/`],
  ])('%s', (_title, options, server) => {
    expect(issuerWith(options).authorizationServer).toBe(server);
  });
});
