import type { KoaContextWithOIDC } from 'oidc-provider';
import { renderPage } from './views.js';

/** Shows an error that cannot be sent to an application. `description` comes from oidc-provider, never from a token. */
export function renderError(
  ctx: KoaContextWithOIDC,
  out: { error: string; error_description?: string },
): void {
  renderPage(ctx, 'message', {
    title: 'That did not work',
    text: out.error_description ?? out.error,
    code: out.error,
  });
}

/** Asks before the session ends. `form` is oidc-provider's own markup with its CSRF token. */
export function renderLogout(ctx: KoaContextWithOIDC, form: string): void {
  renderPage(ctx, 'logout', { title: 'Log out?', form, application: ctx.oidc.client?.clientName });
}

/** Where a logout ends that names no page to return to. */
export function renderLoggedOut(ctx: KoaContextWithOIDC): void {
  renderPage(ctx, 'message', { title: 'Logged out', text: 'You are logged out. You can close this page.' });
}
