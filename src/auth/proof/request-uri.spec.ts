import * as fc from 'fast-check';
import { isSameUri, normalizedUri, requestUri } from './request-uri.js';

describe('two URIs', () => {
  const expected = 'https://api.example.com/v1/a%2Fb';
  it.each([
    'https://api.example.com/v1/a%2Fb',
    'https://api.example.com/v1/a%2fb',
    'HTTPS://API.example.com/v1/a%2Fb',
    'https://api.example.com:443/v1/a%2Fb',
    'https://api.example.com/v1/a%2Fb?page=2',
    'https://api.example.com/v1/a%2Fb#part',
    'https://api.example.com/x/../v1/./a%2Fb',
    'https://api.example.com/v1/%61%2Fb',
  ])('%s and the expected one name the same place', (uri) => {
    expect(isSameUri(uri, expected)).toBe(true);
  });

  it.each([
    'https://api.example.com/v1/a/b',
    'https://api.example.com/v1/a%252Fb',
    'https://api.example.com/v1/a%2Fb/',
    'https://api.example.com/v1/A%2Fb',
    'https://api.example.com:8443/v1/a%2Fb',
    'http://api.example.com/v1/a%2Fb',
    'https://api.example.com.evil.test/v1/a%2Fb',
    'https://evil.test/https://api.example.com/v1/a%2Fb',
    'https://user@api.example.com/v1/a%2Fb',
    String.raw`https://api.example.com\v1\a%2Fb`,
    'https:api.example.com/v1/a%2Fb',
    'https:///api.example.com/v1/a%2Fb',
    ' https://api.example.com/v1/a%2Fb',
    'https://api.exam\tple.com/v1/a%2Fb',
    '//api.example.com/v1/a%2Fb',
    '/v1/a%2Fb',
    'https://api.example.com/v1/a%2',
    '',
  ])('%j and the expected one do not', (uri) => {
    expect(isSameUri(uri, expected)).toBe(false);
  });

  it('are the same for a root with and without its slash', () => {
    expect(isSameUri('https://api.example.com', 'https://api.example.com/')).toBe(true);
  });

  it('normalizing twice changes nothing, and never fails', () => {
    const texts = fc.oneof(fc.webUrl({ withQueryParameters: true }), fc.string());
    const result = fc.check(
      fc.property(texts, (text) => {
        const once = normalizedUri(text);
        return once === undefined || normalizedUri(once) === once;
      }),
    );
    expect(result).toMatchObject({ failed: false });
  });
});

it.each([
  ['/expenses?limit=1', 'https://api.example.com/v1/expenses'],
  ['/expenses#part', 'https://api.example.com/v1/expenses'],
  ['/', 'https://api.example.com/v1/'],
  ['http://evil.test/expenses?x', 'https://api.example.com/v1/expenses'],
  ['//evil.test/expenses', 'https://api.example.com/v1//evil.test/expenses'],
])('a request for %s was sent to %s', (target, uri) => {
  expect(requestUri('https://api.example.com/v1', target)).toBe(uri);
});
