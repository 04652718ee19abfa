import type { GrantsFrom } from '../auth.options.js';

/** Who calls, as far as a verified access token tells. Deeply frozen; the token itself is not on it. */
export interface Principal {
  /** The `sub` claim: the user, or for a machine token the client (RFC 9068, 2.2). */
  readonly subject: string;
  /** `client_id` (RFC 9068), else `azp` (Auth0): the application that the token was issued to. */
  readonly clientId?: string;
  /** `client` when the token was issued to an application for itself (client credentials), else `user`. */
  readonly kind: 'user' | 'client';
  /** The granted scopes, without duplicates. */
  readonly scopes: readonly string[];
  /** The `exp` claim: seconds since 1970-01-01T00:00:00Z. */
  readonly expiresAt: number;
  /** The `jti` claim, if there is one. */
  readonly tokenId?: string;
  /** All claims of the token. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * The principal of a verified token. The claims are frozen in place, all the way down.
 *
 * @param claims of an access token that passed every check
 */
export function toPrincipal(claims: Record<string, unknown>, grantsFrom: GrantsFrom): Principal {
  const subject = claims.sub as string;
  const clientId = (claims.client_id ?? claims.azp) as string | undefined;
  return deepFreeze({
    subject,
    clientId,
    kind: isMachine(claims, subject, clientId) ? 'client' : 'user',
    scopes: grantedScopes(claims, grantsFrom),
    expiresAt: claims.exp as number,
    tokenId: claims.jti as string | undefined,
    claims,
  });
}

/** RFC 9068, 2.2: `sub` is the client itself; Auth0 writes `<client>@clients` and `gty`. */
function isMachine(claims: Record<string, unknown>, subject: string, clientId: string | undefined): boolean {
  if (claims.gty === 'client-credentials') return true;
  return clientId !== undefined && (subject === clientId || subject === `${clientId}@clients`);
}

/**
 * The scopes that a token grants. `scope` is a space-separated string (RFC 9068, 2.2.3); issuers without that claim
 * write `scp`, a string or an array of strings. Anything of another type grants nothing. Auth0's RBAC lists what the
 * user may do in `permissions`, which can widen (`scope_or_permissions`) or narrow (`scope_and_permissions`) the grant.
 */
export function grantedScopes(claims: Record<string, unknown>, grantsFrom: GrantsFrom): readonly string[] {
  const scopes = words(
    Object.hasOwn(claims, 'scope') ? claims.scope : claims.scp,
    Object.hasOwn(claims, 'scope'),
  );
  if (grantsFrom === 'scope') return scopes;
  const permissions = words(claims.permissions);
  return grantsFrom === 'scope_or_permissions'
    ? [...new Set([...scopes, ...permissions])]
    : scopes.filter((scope) => permissions.includes(scope));
}

function words(value: unknown, onlyString = false): string[] {
  if (typeof value === 'string') return [...new Set(value.split(' ').filter((word) => word !== ''))];
  if (onlyString || !Array.isArray(value)) return [];
  return value.every((word) => typeof word === 'string') ? [...new Set(value)] : [];
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFreeze(member as object);
  }
  return Object.freeze(value);
}
