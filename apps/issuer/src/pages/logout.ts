import type { Context } from 'koa';
import type Provider from 'oidc-provider';
import { findApplication } from '../tenant.js';
import type { ParsedTenant } from '../tenant.schema.js';
import { FormError } from './forms.js';
import { renderPage } from './views.js';

/**
 * GET /v2/logout, Auth0's logout: ends the session without asking and goes to `returnTo`, which must be registered for
 * the application in `client_id`, or for any when there is none. As at Auth0 its query does not count.
 *
 * @throws FormError 400 for an unknown application and an address that is not registered
 */
export async function auth0Logout(ctx: Context, provider: Provider, tenant: ParsedTenant): Promise<void> {
  const clientId = single(ctx.query['client_id']);
  const application = findApplication(tenant, clientId);
  if (clientId !== undefined && !application) throw new FormError(400, 'There is no such application.');
  const registered = (application ? [application] : tenant.applications).flatMap(
    (candidate) => candidate.postLogoutRedirectUris,
  );
  const returnTo = single(ctx.query['returnTo']) ?? application?.postLogoutRedirectUris[0];
  if (returnTo !== undefined && !registered.some((uri) => sameAddress(uri, returnTo))) {
    throw new FormError(400, 'The address in returnTo is not registered as one to return to after a logout.');
  }

  const session = await provider.Session.get(ctx);
  if (session.accountId) await session.destroy();
  ctx.cookies.set(provider.cookieName('session'), null);
  if (returnTo !== undefined) return ctx.redirect(returnTo);
  renderPage(ctx, 'message', { title: 'Logged out', text: 'You are logged out. You can close this page.' });
}

/**
 * Some clients call the standard logout (OpenID Connect RP-Initiated Logout 1.0) with `post_logout_redirect_uri` alone.
 * oidc-provider would not return to it; naming the application that registered it makes it ask, and then return.
 */
export function nameLogoutClient(ctx: Context, tenant: ParsedTenant): void {
  const { client_id: clientId, id_token_hint: hint, post_logout_redirect_uri: uri } = ctx.query;
  if (clientId !== undefined || hint !== undefined || typeof uri !== 'string') return;
  const owner = tenant.applications.find(({ postLogoutRedirectUris }) =>
    postLogoutRedirectUris.includes(uri),
  );
  if (owner) ctx.query = { ...ctx.query, client_id: owner.clientId };
}

function sameAddress(registered: string, given: string): boolean {
  const [a, b] = [new URL(registered), URL.parse(given)];
  return b !== null && a.origin === b.origin && a.pathname === b.pathname && !b.username && !b.password;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
