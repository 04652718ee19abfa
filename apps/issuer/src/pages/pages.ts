import type { Context, Next } from 'koa';
import { readFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { errors } from 'oidc-provider';
import type Provider from 'oidc-provider';
import { Consents } from '../consents.js';
import type { ParsedTenant } from '../tenant.schema.js';
import { ApplicationsPage } from './applications.js';
import { CsrfTokens, FormError } from './forms.js';
import { Interactions } from './interactions.js';
import type { LoginThrottle } from './login-throttle.js';
import { auth0Logout, nameLogoutClient } from './logout.js';
import { renderPage } from './views.js';

const STYLESHEET = readFileSync(new URL('../../public/issuer.css', import.meta.url), 'utf8');

export interface PagesOptions {
  tenant: ParsedTenant;
  database: DatabaseSync;
  secret: string;
  throttle: LoginThrottle;
}

/** The pages that oidc-provider leaves to us, as a middleware in front of it. */
export function pages(provider: Provider, { tenant, database, secret, throttle }: PagesOptions) {
  const csrf = new CsrfTokens(secret);
  const interactions = new Interactions(provider, tenant, csrf, throttle);
  const applications = new ApplicationsPage(provider, tenant, new Consents(database), csrf);

  const routes: [method: string, path: RegExp, handler: (ctx: Context) => Promise<void> | void][] = [
    ['GET', /^\/$/, (ctx) => ctx.redirect('/applications')],
    ['GET', /^\/issuer\.css$/, sendStylesheet],
    ['GET', /^\/interaction\/[\w-]+$/, (ctx) => interactions.show(ctx)],
    ['POST', /^\/interaction\/[\w-]+\/login$/, (ctx) => interactions.login(ctx)],
    ['POST', /^\/interaction\/[\w-]+\/consent$/, (ctx) => interactions.consent(ctx)],
    ['GET', /^\/applications$/, (ctx) => applications.show(ctx)],
    ['POST', /^\/applications\/revoke$/, (ctx) => applications.revoke(ctx)],
    ['GET', /^\/v2\/logout$/, (ctx) => auth0Logout(ctx, provider, tenant)],
  ];

  return async (ctx: Context, next: Next): Promise<void> => {
    const route = routes.find(([method, path]) => method === ctx.method && path.test(ctx.path));
    if (!route) {
      if (ctx.path === '/oidc/logout') nameLogoutClient(ctx, tenant);
      return next();
    }
    try {
      await route[2](ctx);
    } catch (error) {
      showError(ctx, error);
    }
  };
}

function sendStylesheet(ctx: Context): void {
  ctx.type = 'css';
  ctx.set('Cache-Control', 'public, max-age=300');
  ctx.body = STYLESHEET;
}

function showError(ctx: Context, error: unknown): void {
  if (error instanceof errors.SessionNotFound) {
    ctx.status = 400;
    return renderPage(ctx, 'message', {
      title: 'This page has expired',
      text: 'Go back to the application and log in again.',
    });
  }
  if (!(error instanceof FormError)) throw error;
  ctx.status = error.status;
  renderPage(ctx, 'message', { title: 'That did not work', text: error.message });
}
