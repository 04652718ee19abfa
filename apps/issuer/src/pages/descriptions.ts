import { namesOf } from '../tenant.js';
import type { ParsedTenant } from '../tenant.schema.js';

/** What OpenID Connect's scopes let an application do; `openid` alone says nothing. */
const OIDC_DESCRIPTIONS: Record<string, string> = {
  profile: 'See your name',
  email: 'See your e-mail address',
  offline_access: 'Keep this access while you are away',
};

/**
 * The descriptions of permissions, in the tenant's order, and of OpenID Connect scopes.
 *
 * @param permissionsOf the permissions of an API by one of its names
 */
export function describeScopes(
  tenant: ParsedTenant,
  oidcScopes: readonly string[],
  permissionsOf: (identifier: string) => readonly string[],
): string[] {
  const ofApis = tenant.apis.flatMap((api) => {
    const values = new Set(namesOf(api).flatMap(permissionsOf));
    return api.permissions.filter(({ value }) => values.has(value)).map(({ description }) => description);
  });
  return [...ofApis, ...oidcScopes.flatMap((scope) => OIDC_DESCRIPTIONS[scope] ?? [])];
}
