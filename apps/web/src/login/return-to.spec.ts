import * as fc from 'fast-check';
import { localPath, loginPath } from './return-to.js';

describe('The page to return to after login', () => {
  it.each(['/', '/expenses', '/expenses?from=2026-01-01&text=a%20b', '/user'])('may be %s', (path) => {
    expect(localPath(path)).toBe(path);
  });

  it.each([
    'https://example.com/',
    '//example.com/',
    '/\\example.com/',
    '/\t/example.com/',
    '\\\\example.com',
    'javascript:alert(1)',
    'expenses',
    '/.//example.com',
    '',
    undefined,
    ['/expenses'],
  ])('is the home page instead of %p', (returnTo) => {
    expect(localPath(returnTo)).toBe('/');
  });

  it('stays on this site whatever is asked for', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('/', '\\', '.', '\t', '\n', 'a', ':', '@', '%', '?', '#') }),
        (text) => {
          const base = 'https://app.example.com';
          expect(new URL(localPath(`/${text}`), base).origin).toBe(base);
        },
      ),
    );
  });

  it('travels through the login together with the permissions to ask for', () => {
    expect(loginPath('/expenses?a=1', ['create:expenses'])).toBe(
      '/login?return_to=%2Fexpenses%3Fa%3D1&permission=create%3Aexpenses',
    );
  });
});
