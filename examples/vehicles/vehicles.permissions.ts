import { definePermissions, type PermissionsOf } from '../../src/auth/index.js';

/** The permissions, and what they allow in words that a consent page can show. */
export const vehiclesPermissions = definePermissions({
  'read:vehicles': 'Read your vehicles',
  'create:vehicles': 'Add vehicles in your name',
  'delete:vehicles': 'Delete your vehicles',
});

// Makes the names known to @Scopes(): a misspelt one does not compile.
declare module '../../src/auth/index.js' {
  interface RegisteredPermissions extends PermissionsOf<typeof vehiclesPermissions> {}
}
