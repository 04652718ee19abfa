import type { RegisteredPermissions } from '../index.js';

/** The name of a declared permission; any string in an application that has declared none. */
export type Permission = keyof RegisteredPermissions extends never
  ? string
  : Extract<keyof RegisteredPermissions, string>;

/** A module's permissions: scope name (RFC 6749, 3.3) to the description that a consent page shows. */
export type PermissionDescriptions = Readonly<Record<string, string>>;

/** What a module merges into `RegisteredPermissions`. */
export type PermissionsOf<T extends PermissionDescriptions> = { readonly [Name in keyof T & string]: string };

// RFC 6749, 3.3. Quotes and backslashes are not among them, so a name can stand in a challenge as it is.
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/**
 * Whether something can name a permission, which is what a scope of a token can be.
 *
 * @internal
 */
export function isScopeToken(name: unknown): name is string {
  return typeof name === 'string' && SCOPE_TOKEN.test(name);
}

/**
 * Names a module's permissions and what they allow, in words that a consent page can show. Hand the result to
 * `AuthModule.forFeature()` in the module's imports.
 *
 * @throws TypeError for a name that is no scope token (RFC 6749, 3.3), or an empty description
 */
export function definePermissions<const T extends PermissionDescriptions>(descriptions: T): Readonly<T> {
  for (const [name, description] of Object.entries(descriptions)) {
    if (!isScopeToken(name))
      throw new TypeError(`${JSON.stringify(name)} cannot be the name of a permission`);
    if (description.trim() === '') throw new TypeError(`The permission ${name} needs a description`);
  }
  return Object.freeze(descriptions);
}

/** Injection token of every declared catalogue of permissions. */
export const PERMISSIONS = Symbol('auth:permissions');
