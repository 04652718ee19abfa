import type { GrantsFrom } from '../issuers/issuer.options.js';
import type { Confirmation } from '../proof/confirmation.js';
import { type Actor, actorOf } from './actor.js';
import { claimAt, type Claims, isText, isTime, namesOf, wordsOf } from './claims.js';

/** Who calls, as far as a verified access token tells. Deeply frozen; the token itself is not on it. */
export interface Principal {
  /** The configured name of the issuer that vouches for the subject: of several names the first, whichever `iss` has. */
  readonly issuer: string;
  /** The user, or for a machine token the client (RFC 9068, 2.2). Another issuer may have the same for somebody else. */
  readonly subject: string;
  /**
   * Issuer and subject as one text, for whatever is kept or counted for a caller: that of two issuers is never the same.
   * Where only one issuer is trusted, or for the first of several, it is the subject alone.
   */
  readonly account: string;
  /** The application that the token was issued to: `client_id` (RFC 9068), else `azp`, `cid` or `appid`. */
  readonly clientId?: string;
  /** `client` when the token was issued to an application for itself (client credentials), else `user`. */
  readonly kind: 'user' | 'client';
  /** The granted scopes, without duplicates and without the issuer's prefix. */
  readonly scopes: readonly string[];
  /** Who acts for the subject, when it is not they themselves (RFC 8693, 4.1). */
  readonly actor?: Actor;
  /** How the user logged in, as far as the issuer says; nothing for an application that calls for itself. */
  readonly authentication?: UserAuthentication;
  /** The `exp` claim: seconds since 1970-01-01T00:00:00Z. */
  readonly expiresAt: number;
  /** The `jti` claim, if there is one. */
  readonly tokenId?: string;
  /** The key that the sender has proved to hold; nothing for a bearer token (RFC 9449, 6). */
  readonly confirmation?: Confirmation;
  /** All claims of the token. */
  readonly claims: Claims;
}

/** The login that a token rests on (RFC 9068, 2.2.1). */
export interface UserAuthentication {
  /** The authentication context class: `acr`. */
  readonly acr?: string;
  /** The methods, such as `pwd` and `otp` (RFC 8176): `amr`. */
  readonly amr?: readonly string[];
  /** When the user logged in: `auth_time`, seconds since 1970-01-01T00:00:00Z. */
  readonly time?: number;
}

/** How the claims of an issuer's tokens are read. */
export interface PrincipalRules {
  /** The claims that name the subject, in the order in which they are looked for. */
  readonly subjectClaims: readonly string[];
  readonly grantsFrom: GrantsFrom;
  readonly permissionsClaim: string;
  readonly scopePrefix: string;
}

/** What Auth0 calls the claim of permissions. */
export const DEFAULT_PERMISSIONS_CLAIM = 'permissions';

/** Where issuers write the application that a token was issued to: RFC 9068, OpenID Connect, Okta, Microsoft. */
export const CLIENT_CLAIMS = ['client_id', 'azp', 'cid', 'appid'];
/** Where issuers write how a token was got, and how they spell that it was by client credentials (RFC 6749, 4.4). */
const GRANT_CLAIMS = ['gty', 'grant_type'];
const CLIENT_CREDENTIALS = new Set(['client-credentials', 'client_credentials']);

/**
 * The principal of a verified token. The claims are frozen in place, all the way down.
 *
 * @param claims of an access token that passed every check
 * @param issuer the name of the issuer whose key verified it
 * @param accountPrefix what tells the issuer's accounts from those of others
 */
export function toPrincipal(
  claims: Claims,
  issuer: string,
  rules: PrincipalRules,
  accountPrefix = '',
): Principal {
  const subject = subjectOf(claims, rules.subjectClaims) as string;
  const clientId = CLIENT_CLAIMS.map((name) => claims[name]).find(isText);
  const kind = isMachine(claims, subject, clientId) ? 'client' : 'user';
  return deepFreeze({
    issuer,
    subject,
    account: accountPrefix + subject,
    clientId,
    kind,
    scopes: grantedScopes(claims, rules),
    actor: actorOf(claims.act),
    authentication: kind === 'user' ? authenticationOf(claims) : undefined,
    expiresAt: claims.exp as number,
    tokenId: claims.jti as string | undefined,
    confirmation: claims.cnf as Confirmation | undefined,
    claims,
  });
}

/** What is of another type says nothing: some issuers write times as text, and only few routes ask. */
function authenticationOf({ acr, amr, auth_time: time }: Claims): UserAuthentication | undefined {
  const authentication = {
    ...(isText(acr) && { acr }),
    ...(Array.isArray(amr) && amr.every(isText) && { amr }),
    ...(isTime(time) && { time }),
  };
  return Object.keys(authentication).length > 0 ? authentication : undefined;
}

/** The first of these claims that is there. */
function subjectOf(claims: Claims, names: readonly string[]): unknown {
  const name = names.find((candidate) => Object.hasOwn(claims, candidate));
  return name === undefined ? undefined : claims[name];
}

/**
 * Whether an application got the token for itself. `sub` is then the client (RFC 9068, 2.2); Auth0 writes
 * `<client>@clients`. Microsoft says so by `idtyp`, others by the grant.
 */
function isMachine(claims: Claims, subject: string, clientId: string | undefined): boolean {
  if (claims.idtyp === 'app') return true;
  if (GRANT_CLAIMS.some((name) => wordsOf(claims[name]).some((word) => CLIENT_CREDENTIALS.has(word)))) {
    return true;
  }
  if (clientId === undefined) return false;
  return [subject, claims.sub].some((name) => name === clientId || name === `${clientId}@clients`);
}

/**
 * The scopes that a token grants: the words of `scope`, or of `scp` where there is no `scope`, as text with spaces between
 * (RFC 9068, 2.2.3) or as a list; anything of another type grants nothing. With a prefix, only those that have it count.
 * A claim of permissions, such as what Auth0's RBAC or a list of roles lets the user do, can widen the grant
 * (`scope_or_permissions`) or narrow it (`scope_and_permissions`).
 */
export function grantedScopes(
  claims: Claims,
  { grantsFrom, permissionsClaim, scopePrefix }: Omit<PrincipalRules, 'subjectClaims'>,
): readonly string[] {
  const words = wordsOf(Object.hasOwn(claims, 'scope') ? claims.scope : claims.scp);
  const scopes = scopePrefix === '' ? words : withoutPrefix(words, scopePrefix);
  if (grantsFrom === 'scope') return scopes;
  const found = claimAt(claims, permissionsClaim);
  // Auth0's own claim is a list and never an object.
  const permissions = permissionsClaim === DEFAULT_PERMISSIONS_CLAIM ? wordsOf(found) : namesOf(found);
  return grantsFrom === 'scope_or_permissions'
    ? [...new Set([...scopes, ...permissions])]
    : scopes.filter((scope) => permissions.includes(scope));
}

function withoutPrefix(words: readonly string[], prefix: string): string[] {
  return words
    .filter((word) => word.length > prefix.length && word.startsWith(prefix))
    .map((word) => word.slice(prefix.length));
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) deepFreeze(member as object);
  }
  return Object.freeze(value);
}
