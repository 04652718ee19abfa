import { definePermissions, type PermissionsOf } from '../auth/index.js';

/** The permissions of the expenses and their reports. */
export const expensePermissions = definePermissions({
  'read:reports': 'Read your expenses and reports',
  'read:history': 'See who changed your expenses, when and how',
  'create:expenses': 'Add expenses in your name',
  'update:expenses': 'Change your expenses',
  'delete:expenses': 'Delete your expenses',
  'read:all_reports': "Read everybody's expenses and reports",
});

declare module '../auth/index.js' {
  interface RegisteredPermissions extends PermissionsOf<typeof expensePermissions> {}
}
