import { assert, property, string } from 'fast-check';
import { AnyScope, OptionalScopes, Scopes } from './access.decorators.js';
import { definePermissions } from './permissions.js';

const permissions = definePermissions({
  'read:samples': 'Read samples',
  'write:samples': 'Change samples',
});
declare module '../index.js' {
  interface RegisteredPermissions {
    'read:samples': string;
    'write:samples': string;
  }
}

function isDefinable(name: string): boolean {
  try {
    definePermissions({ [name]: 'Something' });
    return true;
  } catch {
    return false;
  }
}

describe('definePermissions', () => {
  it('keeps names and descriptions, unchangeable', () => {
    expect(permissions).toEqual({ 'read:samples': 'Read samples', 'write:samples': 'Change samples' });
    expect(Object.isFrozen(permissions)).toBe(true);
  });

  it.each(['', 'read samples', 'read:"samples"', 'read\\samples', 'lire:données', 'read:samples\n'])(
    'refuses %j, which could not stand in a scope',
    (name) => {
      expect(() => definePermissions({ [name]: 'Something' })).toThrow(TypeError);
    },
  );

  it('takes exactly the scope tokens of RFC 6749', () => {
    assert(
      property(string({ unit: 'binary' }), (name) => {
        expect(isDefinable(name)).toBe(/^[!#-[\]-~]+$/.test(name));
      }),
    );
  });

  it('refuses an empty description', () => {
    expect(() => definePermissions({ 'read:samples': ' ' })).toThrow('needs a description');
  });
});

describe('the names in decorators', () => {
  // `npm run typecheck` fails when one of these lines compiles without its comment.
  it('must be declared permissions, or they do not compile', () => {
    class Routes {
      @Scopes('read:samples', 'write:samples')
      @OptionalScopes('write:samples')
      right() {}

      // @ts-expect-error -- a typo
      @Scopes('read:sample')
      typo() {}

      // @ts-expect-error -- a typo
      @Scopes('read:samples', 'write:sample')
      typoBehindAnother() {}

      // @ts-expect-error -- a typo
      @AnyScope('read:sample')
      typoInAlternative() {}

      // @ts-expect-error -- a typo
      @OptionalScopes('read:sample')
      typoInOptional() {}

      // @ts-expect-error -- no scope at all would let everybody in
      @Scopes()
      none() {}
    }
    expect(Routes).toBeDefined();
  });
});
