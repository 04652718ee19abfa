import { definePermissions, type PermissionsOf } from '../../src/auth/index.js';

export const invoicePermissions = definePermissions({
  'read:invoices': 'Read your invoices',
  'create:invoices': 'Write invoices in your name',
});

// Makes the names known to @Scopes(): a misspelt one does not compile.
declare module '../../src/auth/index.js' {
  interface RegisteredPermissions extends PermissionsOf<typeof invoicePermissions> {}
}
