import { loginPath } from '../login/return-to.js';

/** What a person who looks after their expenses needs beyond reading. Asked for together, when first needed. */
const WRITING = ['create:expenses', 'update:expenses', 'delete:expenses', 'read:history'] as const;

/** The way to the permissions for writing, and back to a page. */
export function askToWrite(page: string): string {
  return loginPath(page, WRITING);
}
