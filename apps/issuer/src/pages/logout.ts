import type { Context, Next } from 'koa';
import type { DatabaseSync } from 'node:sqlite';
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC, Session } from 'oidc-provider';
import type { BackchannelLogout } from '../backchannel-logout.js';
import { findApplication } from '../tenant.js';
import type { Application, ParsedTenant } from '../tenant.schema.js';
import { FormError } from './forms.js';
import { renderPage } from './views.js';

/** What the logout needs to know of the issuer. */
export interface Auth0LogoutOptions {
  provider: Provider;
  tenant: ParsedTenant;
  backchannel: BackchannelLogout;
}

/**
 * GET /v2/logout, Auth0's logout: ends the session without asking and goes to `returnTo`, which must be registered for
 * the application in `client_id`, or for any when there is none. As at Auth0 its query does not count.
 *
 * @throws FormError 400 for an unknown application and an address that is not registered
 */
export async function auth0Logout(
  ctx: Context,
  { provider, tenant, backchannel }: Auth0LogoutOptions,
): Promise<void> {
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

  await endSession(ctx, provider, backchannel);
  if (returnTo !== undefined) return ctx.redirect(returnTo);
  renderPage(ctx, 'message', { title: 'Logged out', text: 'You are logged out. You can close this page.' });
}

/**
 * The standard logout (OpenID Connect RP-Initiated Logout 1.0), in front of oidc-provider's, which always asks. An
 * application that names the session ends it at once: it is the one that the user pressed "Log out" in. The question is
 * left for a request that names none, and for a browser that is in another session by now.
 */
export class LogoutPage {
  constructor(
    private readonly tenant: ParsedTenant,
    private readonly database: DatabaseSync,
    private readonly backchannel: BackchannelLogout,
  ) {}

  /** A middleware for `/oidc/logout`, in front of oidc-provider's. */
  async answer(ctx: Context, next: Next): Promise<void> {
    this.nameClient(ctx);
    await next();
    // oidc-provider adds its own context, unless it has no such route.
    const { oidc } = ctx as unknown as Partial<KoaContextWithOIDC>;
    const session = oidc?.session;
    const details = session?.state as LogoutDetails | undefined;
    if (ctx.status !== 200 || !oidc || !session || !details) return;
    const named = namedSession(oidc);
    if (named) this.endNamed(named);
    const isCurrent = named !== undefined && named.sid === session.sidFor(named.clientId);
    if (session.accountId && !isCurrent) return;
    await tellOfEnd(this.backchannel, session);
    await session.destroy();
    ctx.cookies.set(oidc.provider.cookieName('session'), null);
    ctx.status = 303;
    ctx.redirect(addressAfter(oidc, details));
  }

  private endNamed({ clientId, sid }: NamedSession): void {
    this.database
      .prepare("DELETE FROM artifact WHERE model = 'Session' AND json_extract(payload, ?) = ?")
      .run(`$.authorizations."${clientId}".sid`, sid);
  }

  /**
   * Some clients call with `post_logout_redirect_uri` alone. oidc-provider would not return to it; naming the
   * application that registered it makes it ask, and then return.
   */
  private nameClient(ctx: Context): void {
    const { client_id: clientId, id_token_hint: hint, post_logout_redirect_uri: uri } = ctx.query;
    if (clientId !== undefined || hint !== undefined || typeof uri !== 'string') return;
    const [owner, ...others] = this.ownersOf(uri);
    if (!owner) return;
    ctx.query = { ...ctx.query, client_id: owner.clientId };
    // Any of them will do to return to. Which one is named, the session tells.
    if (others.length > 0) ctx.state['logoutOwners'] = [owner, ...others];
  }

  private ownersOf(uri: string): Application[] {
    return this.tenant.applications.filter(({ postLogoutRedirectUris }) =>
      postLogoutRedirectUris.includes(uri),
    );
  }
}

/** What oidc-provider keeps in the session between the question and the answer. */
interface LogoutDetails {
  readonly state?: string;
  readonly postLogoutRedirectUri?: string;
}

interface NamedSession {
  readonly clientId: string;
  /** The id that the client has for the session. */
  readonly sid: string;
}

/** The session that the request names, by an ID token or, as at Auth0, by its `sid` as `logout_hint`. */
function namedSession({ client, params, entities }: KoaContextWithOIDC['oidc']): NamedSession | undefined {
  const sid = entities.IdTokenHint?.payload['sid'] ?? params?.['logout_hint'];
  return client && typeof sid === 'string' ? { clientId: client.clientId, sid } : undefined;
}

function addressAfter(oidc: KoaContextWithOIDC['oidc'], details: LogoutDetails): string {
  const { postLogoutRedirectUri, state } = details;
  if (postLogoutRedirectUri === undefined) return oidc.urlFor('end_session_success');
  const url = new URL(postLogoutRedirectUri);
  if (state !== undefined) url.searchParams.set('state', state);
  return url.href;
}

/** Ends the session of this browser, if there is one, and tells everybody concerned. */
export async function endSession(
  ctx: Context,
  provider: Provider,
  backchannel: BackchannelLogout,
): Promise<void> {
  const session = await provider.Session.get(ctx);
  await tellOfEnd(backchannel, session);
  if (session.accountId) await session.destroy();
  ctx.cookies.set(provider.cookieName('session'), null);
}

/** Tells everybody concerned of the end of a session, by the id that each application has for it. */
async function tellOfEnd(backchannel: BackchannelLogout, session: Session): Promise<void> {
  const { accountId: sub, authorizations = {} } = session;
  if (sub === undefined) return;
  const ids = Object.values(authorizations).flatMap(({ sid }) => (sid === undefined ? [] : [sid]));
  await Promise.all(ids.map((sid) => backchannel.notify({ sub, sid })));
}

function sameAddress(registered: string, given: string): boolean {
  const [a, b] = [new URL(registered), URL.parse(given)];
  return b !== null && a.origin === b.origin && a.pathname === b.pathname && !b.username && !b.password;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
