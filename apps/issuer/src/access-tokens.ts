import { createLocalJWKSet, jwtVerify, type JWK } from 'jose';
import type { AccessToken, AdapterPayload, ClientCredentials, KoaContextWithOIDC } from 'oidc-provider';
import { SIGNING_ALGORITHMS } from './tenant.schema.js';

/** The words of a space-separated parameter (RFC 6749, 3.3); none for anything that is no text. */
export function scopeWords(value: unknown): string[] {
  return typeof value === 'string' ? value.split(' ').filter(Boolean) : [];
}

/**
 * Gives JWT access tokens the claims that Auth0's have: `azp`, `permissions`, `gty`, the subject `<client id>@clients`
 * for applications, and for users who log in by OpenID Connect an audience that names /userinfo as well.
 *
 * `permissions` lists what was granted, never more than `scope`: a permission that was not consented to must not slip in.
 *
 * @param ctx the request that the token is for
 * @param token whose scope is completed
 * @param payload the claims, which are changed in place
 * @param userinfoUrl the audience of tokens that are good at /userinfo as well
 */
export function shapeAccessToken(
  ctx: KoaContextWithOIDC | undefined,
  token: AccessToken | ClientCredentials,
  payload: Record<string, unknown>,
  userinfoUrl: string,
): void {
  payload['azp'] = token.clientId;
  payload['permissions'] = scopeWords(token.scope);
  if (token.kind === 'ClientCredentials') {
    payload['sub'] = `${token.clientId}@clients`;
    payload['gty'] = 'client-credentials';
    return;
  }
  // oidc-provider leaves the OpenID scopes out of an API's token; /userinfo and Auth0's clients look for them.
  const scopes = [...openIdScopes(ctx), ...scopeWords(token.scope)];
  token.scope = scopes.join(' ');
  payload['scope'] = token.scope || undefined;
  const audiences = [token.aud, token.resourceServer?.identifier(), scopes.includes('openid') && userinfoUrl];
  const named = [...new Set(audiences.flat().filter(Boolean))];
  payload['aud'] = named.length === 1 ? named[0] : named;
  Object.assign(payload, authenticationOf(ctx));
}

/** How and when the user logged in (RFC 9068, 2.2.1), and in which session. */
function authenticationOf(ctx: KoaContextWithOIDC | undefined): Record<string, unknown> {
  const { RefreshToken, AuthorizationCode } = ctx?.oidc.entities ?? {};
  const { acr, amr, authTime, sid } = RefreshToken ?? AuthorizationCode ?? {};
  return { acr, amr, auth_time: authTime, sid };
}

function openIdScopes(ctx: KoaContextWithOIDC | undefined): string[] {
  if (!ctx) return [];
  const { entities, params } = ctx.oidc;
  const source = entities.RefreshToken ?? entities.AuthorizationCode;
  const asked = params?.['scope'] ? ctx.oidc.requestParamScopes : (source?.scopes ?? new Set<string>());
  const granted = entities.Grant?.getOIDCScopeFiltered(new Set(asked)) ?? '';
  return scopeWords(granted);
}

/** What the JWT access tokens of this issuer are held against at /userinfo. */
export interface UserinfoTokenOptions {
  /** The `iss`, with the slash at the end. */
  issuer: string;
  /** The audience that a token for /userinfo names. */
  userinfoUrl: string;
  /** The issuer's keys; their private parts are not looked at. */
  keys: JWK[];
  /** Finds the consent that a token rests on; a revoked one ends the token's use at /userinfo. */
  grantIdOf: (accountId: string, clientId: string) => string | undefined;
}

/**
 * Reads a JWT access token that names /userinfo, in the form in which oidc-provider keeps opaque ones.
 *
 * @returns nothing for a token that is not ours, has expired or is not meant for /userinfo
 */
export async function readUserinfoToken(
  jwt: string,
  { issuer, userinfoUrl, keys, grantIdOf }: UserinfoTokenOptions,
): Promise<AdapterPayload | undefined> {
  try {
    const { payload } = await jwtVerify(jwt, createLocalJWKSet({ keys: keys.map(publicPart) }), {
      issuer,
      audience: userinfoUrl,
      typ: 'at+jwt',
      algorithms: [...SIGNING_ALGORITHMS],
      requiredClaims: ['sub', 'azp', 'exp', 'jti'],
    });
    const accountId = String(payload.sub);
    const clientId = String(payload['azp']);
    return {
      kind: 'AccessToken',
      jti: payload.jti,
      iat: payload.iat,
      exp: payload.exp,
      accountId,
      clientId,
      grantId: grantIdOf(accountId, clientId),
      scope: scopeWords(payload['scope']).join(' '),
      jkt: (payload['cnf'] as { jkt?: string } | undefined)?.jkt,
    };
  } catch {
    return undefined;
  }
}

function publicPart({ kty, kid, alg, use, n, e, crv, x, y }: JWK): JWK {
  return { kty, kid, alg, use, n, e, crv, x, y };
}
