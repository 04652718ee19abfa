import type { Context } from 'koa';
import type Provider from 'oidc-provider';
import { redirectOrigins } from '../clients.js';
import { verifyPassword } from '../passwords.js';
import { findApplication, findUser } from '../tenant.js';
import type { ParsedTenant } from '../tenant.schema.js';
import { describeRequest, grantRequest } from './consent-request.js';
import { readForm, type CsrfTokens } from './forms.js';
import type { LoginThrottle } from './login-throttle.js';
import { contentSecurityPolicy } from './security-headers.js';
import { renderPage } from './views.js';

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/** The pages between an authorization request and its answer: login and consent. */
export class Interactions {
  constructor(
    private readonly provider: Provider,
    private readonly tenant: ParsedTenant,
    private readonly csrf: CsrfTokens,
    private readonly throttle: LoginThrottle,
  ) {}

  /** GET /interaction/:uid */
  async show(ctx: Context): Promise<void> {
    const interaction = await this.load(ctx);
    if (interaction.prompt.name === 'login') {
      const hint = interaction.params['login_hint'];
      this.showLogin(ctx, interaction, { userName: typeof hint === 'string' ? hint : '' });
    } else {
      await this.showConsent(ctx, interaction);
    }
  }

  /** POST /interaction/:uid/login with `user_name` (the e-mail address) and `password` */
  async login(ctx: Context): Promise<void> {
    const interaction = await this.load(ctx);
    const form = await readForm(ctx);
    this.csrf.check(form, interaction.uid);
    const userName = (form.get('user_name') ?? '').trim();

    const wait = await this.throttle.attempt(ctx.ip, userName);
    if (wait > 0) {
      ctx.status = 429;
      ctx.set('Retry-After', String(wait));
      const fault = `Too many failed logins. Try again in ${minutes(wait)}.`;
      return this.showLogin(ctx, interaction, { userName, fault });
    }

    const user = this.tenant.users.find(({ email }) => email.toLowerCase() === userName.toLowerCase());
    const right = await verifyPassword(form.get('password') ?? '', user?.passwordHash);
    if (!user || !right) {
      ctx.status = 422;
      return this.showLogin(ctx, interaction, {
        userName,
        fault: 'The e-mail address or the password is wrong.',
      });
    }
    await this.throttle.succeeded(ctx.ip, userName);
    await this.finish(ctx, { login: { accountId: user.id, amr: ['pwd'] } });
  }

  /** POST /interaction/:uid/consent with `decision`: "accept" or anything else for no */
  async consent(ctx: Context): Promise<void> {
    const interaction = await this.load(ctx);
    const form = await readForm(ctx);
    this.csrf.check(form, interaction.uid);
    if (interaction.prompt.name !== 'consent' || form.get('decision') !== 'accept') {
      return this.finish(ctx, {
        error: 'access_denied',
        error_description: 'The user did not allow the application what it asked for',
      });
    }
    await this.finish(ctx, { consent: { grantId: await grantRequest(this.provider, interaction) } });
  }

  /** The interaction of this browser, by its cookie. */
  private async load(ctx: Context): Promise<Interaction> {
    const interaction = await this.provider.interactionDetails(ctx.req, ctx.res);
    const origins = redirectOrigins(this.tenant, String(interaction.params['client_id']));
    ctx.set('Content-Security-Policy', contentSecurityPolicy(origins));
    return interaction;
  }

  private async finish(ctx: Context, result: Parameters<Provider['interactionResult']>[2]): Promise<void> {
    const resume = await this.provider.interactionResult(ctx.req, ctx.res, result);
    ctx.status = 303;
    ctx.redirect(resume);
  }

  private showLogin(
    ctx: Context,
    interaction: Interaction,
    data: { userName: string; fault?: string },
  ): void {
    renderPage(ctx, 'login', {
      title: 'Log in',
      ...data,
      application: this.applicationName(interaction),
      action: `/interaction/${interaction.uid}/login`,
      csrf: this.csrf.issue(interaction.uid),
    });
  }

  private async showConsent(ctx: Context, interaction: Interaction): Promise<void> {
    renderPage(ctx, 'consent', {
      title: 'Allow access?',
      application: this.applicationName(interaction),
      user: findUser(this.tenant, interaction.session?.accountId),
      ...(await describeRequest(this.provider, this.tenant, interaction)),
      action: `/interaction/${interaction.uid}/consent`,
      csrf: this.csrf.issue(interaction.uid),
      otherUser: `/authorize?${new URLSearchParams({ ...stringParams(interaction.params), prompt: 'login' }).toString()}`,
    });
  }

  private applicationName(interaction: Interaction): string {
    const clientId = String(interaction.params['client_id']);
    return findApplication(this.tenant, clientId)?.name ?? 'Authorized applications';
  }
}

function stringParams(params: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function minutes(seconds: number): string {
  const count = Math.ceil(seconds / 60);
  return count === 1 ? '1 minute' : `${count} minutes`;
}
