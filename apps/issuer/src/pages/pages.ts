import type { Context, Next } from 'koa';
import { readFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type Provider from 'oidc-provider';
import type { BackchannelLogout } from '../backchannel-logout.js';
import { Consents } from '../consents.js';
import type { ParsedTenant } from '../tenant.schema.js';
import { AccountChoicePage } from './account-choice-page.js';
import { ApplicationsPage } from './applications-page.js';
import { CsrfTokens, FormError } from './forms.js';
import { ConsentPage } from './consent-page.js';
import { ExpiredPage } from './expired-page.js';
import { loadInteraction } from './interaction.js';
import { LoginPage } from './login-page.js';
import type { LoginThrottle } from './login-throttle.js';
import { auth0Logout, LogoutPage } from './logout.js';
import { renderPage } from './views.js';

const RESUMED_AUTHORIZATION = /^\/authorize\/./;
const STYLESHEET = readFileSync(new URL('../../public/issuer.css', import.meta.url), 'utf8');

/** What the pages are made from. */
export interface PagesOptions {
  tenant: ParsedTenant;
  database: DatabaseSync;
  /** Signs the forms. */
  secret: string;
  throttle: LoginThrottle;
  backchannel: BackchannelLogout;
}

/** The pages that oidc-provider leaves to us, as a middleware in front of it. */
export function pages(provider: Provider, options: PagesOptions) {
  const { tenant, database, secret, throttle, backchannel } = options;
  const csrf = new CsrfTokens(secret);
  const consents = new Consents(database);
  const login = new LoginPage(provider, tenant, csrf, throttle, backchannel);
  const accountChoice = new AccountChoicePage(provider, tenant, csrf, login);
  const expired = new ExpiredPage(provider, tenant, database);
  const logout = new LogoutPage(tenant, database, backchannel);
  const consent = new ConsentPage(provider, tenant, consents, csrf);
  const applications = new ApplicationsPage(provider, tenant, consents, csrf, backchannel);

  const routes: [method: string, path: RegExp, handler: (ctx: Context) => Promise<void> | void][] = [
    ['GET', /^\/$/, (ctx) => ctx.redirect('/applications')],
    ['GET', /^\/issuer\.css$/, sendStylesheet],
    ['GET', /^\/interaction\/[\w-]+$/, showInteraction],
    ['GET', /^\/(interaction\/[\w-]+|applications)\/\w+$/, (ctx) => ctx.redirect(formPage(ctx))],
    ['POST', /^\/interaction\/[\w-]+\/login$/, (ctx) => login.submit(ctx)],
    ['POST', /^\/interaction\/[\w-]+\/account$/, (ctx) => accountChoice.submit(ctx)],
    ['POST', /^\/interaction\/[\w-]+\/consent$/, (ctx) => consent.submit(ctx)],
    ['GET', /^\/applications$/, (ctx) => applications.show(ctx)],
    ['POST', /^\/applications\/revoke$/, (ctx) => applications.revoke(ctx)],
    ['GET', /^\/v2\/logout$/, (ctx) => auth0Logout(ctx, { provider, tenant, backchannel })],
  ];

  async function showInteraction(ctx: Context): Promise<void> {
    const interaction = await loadInteraction(ctx, provider, tenant);
    await expired.markSeen(interaction);
    if (interaction.prompt.name === 'login') return login.show(ctx, interaction);
    if (interaction.prompt.name === 'select_account') return accountChoice.show(ctx, interaction);
    return consent.show(ctx, interaction);
  }

  async function showError(ctx: Context, error: unknown): Promise<void> {
    if (error instanceof errors.SessionNotFound) return expired.show(ctx);
    if (!(error instanceof FormError)) throw error;
    ctx.status = error.status;
    const link = { href: formPage(ctx), label: 'Go back to the page' };
    renderPage(ctx, 'message', { title: 'That did not work', text: error.message, link });
  }

  return async (ctx: Context, next: Next): Promise<void> => {
    const route = routes.find(([method, path]) => method === ctx.method && path.test(ctx.path));
    if (!route) {
      if (RESUMED_AUTHORIZATION.test(ctx.path)) {
        ctx.state['application'] = ctx.query['application'];
        // It takes its parameters from the interaction; oidc-provider fails on one in the query.
        ctx.querystring = '';
      }
      if (ctx.path === '/oidc/logout') return logout.answer(ctx, next);
      await next();
      if (ctx.status === 404 && !ctx.body) return showMissing(ctx);
      return allowReturn(ctx);
    }
    try {
      await route[2](ctx);
    } catch (error) {
      await showError(ctx, error);
    }
  };
}

function showMissing(ctx: Context): void {
  ctx.status = 404;
  const link = { href: '/applications', label: 'Go to Authorized applications' };
  renderPage(ctx, 'message', { title: 'Page not found', text: 'There is no page at this address.', link });
}

function sendStylesheet(ctx: Context): void {
  ctx.type = 'css';
  ctx.set('Cache-Control', 'public, max-age=300');
  ctx.body = STYLESHEET;
}

/** A page that posts an answer to the application (`form_post`) may do so at the address of this very request. */
function allowReturn(ctx: Context): void {
  const { oidc } = ctx as unknown as Partial<KoaContextWithOIDC>;
  const address = URL.parse(String(oidc?.params?.['redirect_uri']));
  if (!oidc?.redirectUriCheckPerformed || !address || ctx.type !== 'text/html') return;
  const policy = ctx.response.get('Content-Security-Policy');
  ctx.set(
    'Content-Security-Policy',
    policy.replace("form-action 'self'", `form-action 'self' ${address.origin}`),
  );
}

/** The page whose form posts to an address, for when the form did not work or the address was opened by itself. */
function formPage({ path, querystring }: Context): string {
  const [, interaction] = /^(\/interaction\/[\w-]+)\//.exec(path) ?? [];
  return interaction === undefined ? '/applications' : `${interaction}?${querystring}`;
}
