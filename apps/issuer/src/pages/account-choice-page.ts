import type { Context } from 'koa';
import type Provider from 'oidc-provider';
import { findUser } from '../tenant.js';
import type { ParsedTenant } from '../tenant.schema.js';
import { readForm, type CsrfTokens } from './forms.js';
import {
  applicationName,
  clientIdOf,
  finishInteraction,
  interactionPath,
  loadInteraction,
  type Interaction,
} from './interaction.js';
import type { LoginPage } from './login-page.js';
import { renderPage } from './views.js';

/** Asks somebody who is logged in whether to go on as who they are (`prompt=select_account`). */
export class AccountChoicePage {
  constructor(
    private readonly provider: Provider,
    private readonly tenant: ParsedTenant,
    private readonly csrf: CsrfTokens,
    private readonly login: LoginPage,
  ) {}

  /** With nobody logged in there is nothing to choose: the login page answers both questions. */
  show(ctx: Context, interaction: Interaction): void {
    const user = findUser(this.tenant, interaction.session?.accountId);
    if (!user) return this.login.show(ctx, interaction);
    renderPage(ctx, 'account-choice', {
      title: 'Which account?',
      application: applicationName(this.tenant, interaction),
      user,
      action: interactionPath(interaction.uid, clientIdOf(interaction), 'account'),
      csrf: this.csrf.issue(interaction.uid),
    });
  }

  /** POST /interaction/:uid/account with `account`: "other" for the login page, anything else to go on */
  async submit(ctx: Context): Promise<void> {
    const interaction = await loadInteraction(ctx, this.provider, this.tenant);
    const form = await readForm(ctx);
    this.csrf.check(form, interaction.uid);
    if (form.get('account') === 'other' || !interaction.session?.accountId) {
      return this.login.show(ctx, interaction);
    }
    await finishInteraction(ctx, this.provider, interaction, { select_account: {} });
  }
}
