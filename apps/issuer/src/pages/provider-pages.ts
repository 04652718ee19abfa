import type { DatabaseSync } from 'node:sqlite';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Application, ParsedTenant } from '../tenant.schema.js';
import { ExpiredPage, startOf } from './expired-page.js';
import { renderPage } from './views.js';

/**
 * Shows an error that cannot be sent to an application, and leads back to its start. `description` comes from
 * oidc-provider, never from a token.
 */
export async function renderError(
  ctx: KoaContextWithOIDC,
  out: { error: string; error_description?: string },
  error: Error,
  { tenant, database }: { tenant: ParsedTenant; database: DatabaseSync },
): Promise<void> {
  if (error instanceof errors.SessionNotFound) {
    return new ExpiredPage(ctx.oidc.provider, tenant, database).show(ctx);
  }
  renderPage(ctx, 'message', {
    title: 'That did not work',
    text: out.error_description ?? out.error,
    code: out.error,
    link: startOf(tenant, ctx.oidc.client?.clientId),
  });
}

/** Asks before the session ends. `form` is oidc-provider's own markup with its CSRF token. */
export function renderLogout(ctx: KoaContextWithOIDC, form: string): void {
  renderPage(ctx, 'logout', { title: 'Log out?', form, application: nameOfLogoutClient(ctx) });
}

/** An address that several applications registered is that of the one whose user the session knows. */
function nameOfLogoutClient({ oidc, state }: KoaContextWithOIDC): string | undefined {
  const owners = state['logoutOwners'] as Application[] | undefined;
  if (!owners) return oidc.client?.clientName;
  const known = owners.filter(({ clientId }) => oidc.session?.authorizations?.[clientId]);
  return known.length === 1 ? known[0]?.name : undefined;
}

/** Where a logout ends that names no page to return to. */
export function renderLoggedOut(ctx: KoaContextWithOIDC): void {
  renderPage(ctx, 'message', { title: 'Logged out', text: 'You are logged out. You can close this page.' });
}
