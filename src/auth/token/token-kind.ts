import type { AccessToken } from './access-token.js';

/** The types of RFC 9068, 2.1, in small letters. */
export const ACCESS_TOKEN_TYPES: ReadonlySet<unknown> = new Set(['at+jwt', 'application/at+jwt']);
// What Keycloak writes into the claim `typ` of its access tokens, and of its others; in small letters.
const ACCESS_TOKEN_MARKS: ReadonlySet<unknown> = new Set(['bearer', 'dpop']);
const OTHER_MARKS: ReadonlySet<unknown> = new Set([
  'id',
  'serialized-id',
  'refresh',
  'offline',
  'logout',
  'initialaccesstoken',
  'registrationaccesstoken',
]);
// OpenID Connect Core 3.1.3.6 and 3.3.2.11 (ID tokens); OpenID Connect Back-Channel Logout 2.4 (logout tokens).
const OTHER_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events'];

/**
 * What the issuer itself says that a token is: by the type of RFC 9068 in the header, by Keycloak's claim `typ`, by
 * Amazon Cognito's `token_use` or by `scp` beside Azure AD B2C's `tfp`. Nothing when it says none of these.
 */
export function markOf({ header, claims }: AccessToken): 'access' | 'other' | undefined {
  const typ = lowerCase(claims.typ);
  if (OTHER_MARKS.has(typ)) return 'other';
  if (Object.hasOwn(claims, 'token_use')) return claims.token_use === 'access' ? 'access' : 'other';
  const isMarked = ACCESS_TOKEN_MARKS.has(typ) || ACCESS_TOKEN_TYPES.has(lowerCase(header.typ));
  return isMarked || isOfB2c(claims) ? 'access' : undefined;
}

/** Azure AD B2C writes the `nonce` of the client into both of its tokens, and `scp` into access tokens alone. */
function isOfB2c({ tfp, scp }: AccessToken['claims']): boolean {
  return typeof tfp === 'string' && typeof scp === 'string' && scp !== '';
}

/** The claims that only ID and logout tokens have, unless the issuer's mark says otherwise. */
export function claimsOfOthers({ claims }: AccessToken): readonly string[] {
  return OTHER_CLAIMS.filter((name) => Object.hasOwn(claims, name));
}

/** Whether a token is an access token: the issuer's mark decides first, then what only other tokens have. */
export function isAccessToken(token: AccessToken): boolean {
  const mark = markOf(token);
  return mark === undefined
    ? !OTHER_CLAIMS.some((name) => Object.hasOwn(token.claims, name))
    : mark === 'access';
}

function lowerCase(value: unknown): string | undefined {
  return typeof value === 'string' ? value.toLowerCase() : undefined;
}
