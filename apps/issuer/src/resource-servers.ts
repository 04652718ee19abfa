import { errors, type Client, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import { findApi, findApplication, findUser } from './tenant.js';
import type { ParsedTenant } from './tenant.schema.js';

/**
 * The API that a request without `resource` (RFC 8707) is for: the one in Auth0's `audience`.
 *
 * @param oneOf the resources of which a token request must choose one
 * @throws InvalidTarget for an application that asks for a token of its own without saying for which API
 */
export function requestedAudience(
  ctx: KoaContextWithOIDC,
  _client: Client,
  oneOf?: readonly string[],
): string | readonly string[] | undefined {
  const audience: unknown = ctx.oidc.params?.['audience'] ?? ctx.oidc.body?.['audience'];
  if (typeof audience === 'string' && audience) return audience;
  if (ctx.oidc.params?.['grant_type'] === 'client_credentials') {
    throw new errors.InvalidTarget('audience is missing: name the API that the token is for');
  }
  return oneOf;
}

/**
 * Describes an API for one request: `scope` is what this user or application may get there, which is what
 * oidc-provider then cuts the requested scope down to.
 *
 * @throws InvalidTarget for an API that the tenant does not have
 */
export function resourceServer(
  ctx: KoaContextWithOIDC,
  identifier: string,
  client: Client,
  tenant: ParsedTenant,
): ResourceServer {
  const api = findApi(tenant, identifier);
  if (!api) throw new errors.InvalidTarget(`there is no API "${identifier}"`);
  const accountId = ctx.oidc.account?.accountId ?? ctx.oidc.session?.accountId;
  return {
    audience: api.identifier,
    accessTokenFormat: 'jwt',
    accessTokenTTL: api.tokenLifetimeSeconds,
    jwt: { sign: { alg: api.signingAlgorithm } },
    scope:
      ctx.oidc.params?.['grant_type'] === 'client_credentials'
        ? machineScope(ctx, findApplication(tenant, client.clientId)?.machinePermissions[api.identifier])
        : userScope(
            api.permissions.map(({ value }) => value),
            accountId === undefined
              ? undefined
              : (findUser(tenant, accountId)?.permissions[api.identifier] ?? []),
          ),
  };
}

/** Before the login it is not known who asks: everything the API has. */
function userScope(all: string[], allowed: string[] | undefined): string {
  return all.filter((value) => allowed?.includes(value) ?? true).join(' ');
}

/** As at Auth0: all that the application was given when it asks for nothing, an error when it asks for more. */
function machineScope(ctx: KoaContextWithOIDC, allowed: string[] | undefined): string {
  if (!allowed) throw new errors.AccessDenied(undefined, 'the application may not use this API as itself');
  const asked = [...ctx.oidc.requestParamScopes];
  const refused = asked.filter((value) => !allowed.includes(value));
  if (refused.length > 0) {
    throw new errors.InvalidScope('the application was not given the requested scope', refused.join(' '));
  }
  if (asked.length === 0 && ctx.oidc.params) ctx.oidc.params['scope'] = allowed.join(' ');
  return allowed.join(' ');
}
