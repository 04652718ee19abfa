import { permissionsIn, requestedPermissions, scopeFor } from './scopes.js';

describe('Scopes', () => {
  it('ask for the identity, a refresh token and the permissions', () => {
    expect(scopeFor(['read:reports'])).toBe('openid profile email offline_access read:reports');
  });

  it('tell the permissions of a token; one that names none has what was asked for', () => {
    expect(permissionsIn('openid read:reports offline_access', ['create:expenses'])).toEqual([
      'read:reports',
    ]);
    expect(permissionsIn('', ['create:expenses'])).toEqual([]);
    expect(permissionsIn(undefined, ['create:expenses'])).toEqual(['create:expenses']);
  });

  it('take from a query only what can be a permission', () => {
    expect(requestedPermissions('create:expenses read:reports')).toEqual(['create:expenses', 'read:reports']);
    expect(requestedPermissions('openid "quoted" b\\s é create:expenses')).toEqual(['create:expenses']);
    expect(requestedPermissions('x'.repeat(65))).toEqual([]);
    expect(requestedPermissions(Array.from({ length: 50 }, (_, i) => `p${i}`).join(' '))).toHaveLength(10);
    expect(requestedPermissions(['create:expenses'])).toEqual([]);
  });
});
