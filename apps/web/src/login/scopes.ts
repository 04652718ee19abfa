/** What every login asks for besides permissions: who the user is, and a refresh token. */
const IDENTITY = ['openid', 'profile', 'email', 'offline_access'];

/** What every login asks for. Further permissions are asked for where they are first needed. */
export const FIRST_PERMISSIONS = ['read:reports'];

/** Reads everybody's expenses. Few may: every login asks for it, and nobody is told when it is left out. */
export const READ_ALL = 'read:all_reports';

/** The `scope` of an authorization request (RFC 6749, 3.3). */
export function scopeFor(permissions: readonly string[]): string {
  return [...IDENTITY, ...permissions].join(' ');
}

/** The permissions among a token's scopes; an issuer that names none has granted what was asked for (RFC 6749, 5.1). */
export function permissionsIn(scope: string | undefined, requested: readonly string[]): string[] {
  return scope === undefined
    ? [...requested]
    : scope.split(' ').filter((name) => name !== '' && !IDENTITY.includes(name));
}

/** Longest list of permissions that a query may ask for, in characters: it travels through the issuer. */
const MAX_PERMISSIONS_LENGTH = 512;

/** Permissions in a query: only what can be a scope at all, no identity scopes, and none when they are too long. */
export function requestedPermissions(query: unknown): string[] {
  if (typeof query !== 'string' || query.length > MAX_PERMISSIONS_LENGTH) return [];
  const names = permissionsIn(query, []).filter((name) => /^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/.test(name));
  return [...new Set(names)].slice(0, 10);
}

const MEANINGS: Readonly<Record<string, string>> = {
  'read:reports': 'read your expense reports',
  'create:expenses': 'add expenses to your reports',
  'update:expenses': 'change your expenses',
  'delete:expenses': 'delete your expenses',
  'read:history': 'see who changed your expenses, when and how',
  'read:all_reports': 'read the expense reports of everybody',
};

/** What a permission that this application asks for lets it do, for people; of others nothing is known. */
export function meaningOf(permission: string): string {
  return MEANINGS[permission] ?? '';
}
