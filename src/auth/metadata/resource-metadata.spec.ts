import { metadataUrlOf, resourceOf } from './resource-metadata.js';

describe('resourceOf', () => {
  it.each([
    ['https://api.example.com/.well-known/oauth-protected-resource', 'https://api.example.com'],
    [
      'https://api.example.com:8443/.well-known/oauth-protected-resource/v1',
      'https://api.example.com:8443/v1',
    ],
  ])('of %s is %s', (metadataUrl, resource) => {
    expect(resourceOf(metadataUrl)).toBe(resource);
  });

  it.each([
    'https://api.example.com/',
    'https://api.example.com/v1/.well-known/oauth-protected-resource',
    'https://api.example.com/.well-known/oauth-protected-resources',
  ])('refuses %s, whose clients would have to throw the metadata away', (metadataUrl) => {
    expect(() => resourceOf(metadataUrl)).toThrow(TypeError);
  });
});

it.each(['https://api.example.com', 'https://example.com/expenses-api', 'http://[::1]:3001/a/b'])(
  'the metadata of %s are where they lead back to it',
  (resource) => {
    expect(resourceOf(metadataUrlOf(resource))).toBe(resource);
    expect(new URL(metadataUrlOf(resource)).pathname).toMatch(/^\/\.well-known\/oauth-protected-resource/);
  },
);
