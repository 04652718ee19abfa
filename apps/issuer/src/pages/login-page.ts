import type { Context } from 'koa';
import type Provider from 'oidc-provider';
import { verifyPassword } from '../passwords.js';
import type { ParsedTenant } from '../tenant.schema.js';
import type { BackchannelLogout } from '../backchannel-logout.js';
import { FormError, readForm, type CsrfTokens } from './forms.js';
import {
  applicationName,
  clientIdOf,
  finishInteraction,
  interactionPath,
  loadInteraction,
  type Interaction,
} from './interaction.js';
import type { LoginThrottle } from './login-throttle.js';
import { endSession } from './logout.js';
import { renderPage } from './views.js';

/** What a log in by password is called (`acr`, OpenID Connect Core, 2). */
export const PASSWORD_ACR = 'password';

/** Asks for e-mail address and password. */
export class LoginPage {
  constructor(
    private readonly provider: Provider,
    private readonly tenant: ParsedTenant,
    private readonly csrf: CsrfTokens,
    private readonly throttle: LoginThrottle,
    private readonly backchannel: BackchannelLogout,
  ) {}

  /** Shows the form, with the name that the application expects (`login_hint`, OpenID Connect Core, 3.1.2.1). */
  show(ctx: Context, interaction: Interaction): void {
    const hint = interaction.params['login_hint'];
    this.render(ctx, interaction, { userName: typeof hint === 'string' ? hint : '' });
  }

  /** POST /interaction/:uid/login with `user_name` (the e-mail address) and `password` */
  async submit(ctx: Context): Promise<void> {
    const interaction = await loadInteraction(ctx, this.provider, this.tenant);
    const form = await this.read(ctx);
    if (!form) {
      ctx.status = 413;
      const fault = 'That is too long for an e-mail address and a password.';
      return this.render(ctx, interaction, { userName: '', fault });
    }
    this.csrf.check(form, interaction.uid);
    const userName = (form.get('user_name') ?? '').trim();

    const wait = await this.throttle.attempt(ctx.ip, userName);
    if (wait > 0) {
      ctx.status = 429;
      ctx.set('Retry-After', String(wait));
      const fault = `Too many failed logins. Try again in ${minutes(wait)}.`;
      return this.render(ctx, interaction, { userName, fault });
    }

    const user = this.tenant.users.find(({ email }) => email.toLowerCase() === userName.toLowerCase());
    const right = await verifyPassword(form.get('password') ?? '', user?.passwordHash);
    if (!user || !right) {
      ctx.status = 422;
      const fault = 'The e-mail address or the password is wrong.';
      return this.render(ctx, interaction, { userName, fault });
    }
    await this.throttle.succeeded(ctx.ip, userName);
    // Whoever enters a password has also chosen the account.
    const login = { accountId: user.id, amr: ['pwd'], acr: PASSWORD_ACR };
    await finishInteraction(ctx, this.provider, interaction, { login, select_account: {} });
    const before = interaction.session?.accountId;
    if (before !== undefined && before !== user.id) await this.leaveToOther(ctx, interaction.uid);
  }

  /**
   * Ends the session of whoever was logged in before. oidc-provider would do that by a page that posts itself, where
   * somebody without JavaScript has to guess what to press.
   */
  private async leaveToOther(ctx: Context, uid: string): Promise<void> {
    await endSession(ctx, this.provider, this.backchannel);
    const answered = await this.provider.Interaction.find(uid);
    if (!answered) return;
    // The answer belongs to no session any more: the login begins one.
    answered.session = undefined;
    await answered.save(Math.max(1, answered.exp - Math.floor(Date.now() / 1000)));
  }

  /** Nothing when the form is too long: its page is shown again. */
  private async read(ctx: Context): Promise<URLSearchParams | undefined> {
    try {
      return await readForm(ctx);
    } catch (error) {
      if (error instanceof FormError && error.status === 413) return undefined;
      throw error;
    }
  }

  private render(ctx: Context, interaction: Interaction, data: { userName: string; fault?: string }): void {
    renderPage(ctx, 'login', {
      title: data.fault === undefined ? 'Log in' : 'Not logged in: there is a fault',
      ...data,
      application: applicationName(this.tenant, interaction),
      action: interactionPath(interaction.uid, clientIdOf(interaction), 'login'),
      csrf: this.csrf.issue(interaction.uid),
    });
  }
}

function minutes(seconds: number): string {
  const count = Math.ceil(seconds / 60);
  return count === 1 ? '1 minute' : `${count} minutes`;
}
