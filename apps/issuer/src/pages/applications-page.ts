import type { Context } from 'koa';
import type Provider from 'oidc-provider';
import type { Grant, Session } from 'oidc-provider';
import { ACCOUNT_CLIENT_ID } from '../clients.js';
import type { BackchannelLogout } from '../backchannel-logout.js';
import type { Consents } from '../consents.js';
import { findApplication, findUser, namesOf } from '../tenant.js';
import { scopeWords } from '../access-tokens.js';
import type { ParsedTenant } from '../tenant.schema.js';
import { describeScopes } from './descriptions.js';
import { readForm, type CsrfTokens } from './forms.js';
import { renderPage } from './views.js';

/** The "Authorized applications" page: what the user allowed whom, and a button to take it back. */
export class ApplicationsPage {
  constructor(
    private readonly provider: Provider,
    private readonly tenant: ParsedTenant,
    private readonly consents: Consents,
    private readonly csrf: CsrfTokens,
    private readonly backchannel: BackchannelLogout,
  ) {}

  /** GET /applications */
  async show(ctx: Context): Promise<void> {
    const session = await this.provider.Session.get(ctx);
    const user = findUser(this.tenant, session.accountId);
    if (!user) return this.logIn(ctx);
    const grants = await this.consents.list(this.provider, user.id);
    renderPage(ctx, 'applications', {
      title: 'Authorized applications',
      user,
      applications: grants.map((grant) => this.describe(grant)),
      revoked: ctx.query['revoked'] === '1',
      csrf: this.csrf.issue(session.uid),
    });
  }

  /** POST /applications/revoke with `client_id`, and `permission` when it is to be that one only */
  async revoke(ctx: Context): Promise<void> {
    const session: Session = await this.provider.Session.get(ctx);
    if (!session.accountId) return this.logIn(ctx);
    const form = await readForm(ctx);
    this.csrf.check(form, session.uid);
    const [clientId, permission] = [form.get('client_id') ?? '', form.get('permission')];
    if (permission === null) this.consents.revoke(session.accountId, clientId);
    else await this.consents.takeBack(this.provider, { accountId: session.accountId, clientId, permission });
    await this.backchannel.notify({ sub: session.accountId });
    ctx.status = 303;
    ctx.redirect('/applications?revoked=1');
  }

  private describe(grant: Grant): Record<string, unknown> {
    const application = findApplication(this.tenant, grant.clientId);
    return {
      clientId: grant.clientId,
      name: application?.name ?? grant.clientId,
      permissions: this.tenant.apis.flatMap((api) => {
        const granted = new Set(namesOf(api).flatMap((name) => scopeWords(grant.getResourceScope(name))));
        return api.permissions.filter(({ value }) => granted.has(value));
      }),
      allowed: describeScopes(this.tenant, scopeWords(grant.getOIDCScope()), () => []),
      since: grant.iat === undefined ? undefined : new Date(grant.iat * 1000).toISOString().slice(0, 10),
    };
  }

  /** Login belongs to authorization requests, so the page makes one that asks for nothing. */
  private logIn(ctx: Context): void {
    const request = new URLSearchParams({
      client_id: ACCOUNT_CLIENT_ID,
      response_type: 'none',
      scope: 'openid',
      redirect_uri: `${this.provider.issuer}applications`,
    });
    ctx.status = 303;
    ctx.redirect(`/authorize?${request.toString()}`);
  }
}
