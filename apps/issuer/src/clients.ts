import type { ClientMetadata } from 'oidc-provider';
import { findApplication } from './tenant.js';
import type { Application, ParsedTenant } from './tenant.schema.js';

/** Our own client, through which the "Authorized applications" page lets its visitors log in. */
export const ACCOUNT_CLIENT_ID = 'authorized-applications';

/** The tenant's applications as oidc-provider's clients (OpenID Connect Dynamic Client Registration, 2). */
export function clientsOf(tenant: ParsedTenant, issuer: string): ClientMetadata[] {
  return [...tenant.applications.map(toClient), accountClient(issuer)];
}

function toClient(application: Application): ClientMetadata {
  const { redirectUris, hybridFlow } = application;
  const interactive = redirectUris.length > 0;
  const machine = Object.keys(application.machinePermissions).length > 0;
  return {
    client_id: application.clientId,
    client_name: application.name,
    client_secret: application.clientSecret,
    token_endpoint_auth_method: application.clientSecret ? 'client_secret_basic' : 'none',
    redirect_uris: redirectUris,
    post_logout_redirect_uris: application.postLogoutRedirectUris,
    grant_types: [
      ...(interactive ? ['authorization_code', 'refresh_token'] : []),
      ...(interactive && hybridFlow ? ['implicit'] : []),
      ...(machine ? ['client_credentials'] : []),
    ],
    response_types: [
      ...(interactive ? ['code' as const] : []),
      ...(interactive && hybridFlow ? ['code id_token' as const] : []),
    ],
    // oidc-provider takes an ID token to an http redirect URI from 'native' clients only.
    application_type: hybridFlow && redirectUris.some((uri) => uri.startsWith('http:')) ? 'native' : 'web',
  };
}

function accountClient(issuer: string): ClientMetadata {
  return {
    client_id: ACCOUNT_CLIENT_ID,
    client_name: 'Authorized applications',
    token_endpoint_auth_method: 'none',
    redirect_uris: [`${issuer}applications`],
    grant_types: [],
    response_types: ['none'],
  };
}

/** Where the forms of our pages may lead: the origins of the redirect URIs of one application, or of all. */
export function redirectOrigins(tenant: ParsedTenant, clientId?: string): string[] {
  const one = findApplication(tenant, clientId);
  const applications = one ? [one] : tenant.applications;
  const uris = applications.flatMap((app) => app.redirectUris.concat(app.postLogoutRedirectUris));
  return [...new Set(uris.map((uri) => new URL(uri).origin))];
}
