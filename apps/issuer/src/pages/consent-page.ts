import type { Context } from 'koa';
import type Provider from 'oidc-provider';
import type { Consents } from '../consents.js';
import { findUser } from '../tenant.js';
import type { ParsedTenant } from '../tenant.schema.js';
import { describeScopes } from './descriptions.js';
import { scopeWords } from '../access-tokens.js';
import { readForm, type CsrfTokens } from './forms.js';
import {
  applicationName,
  clientIdOf,
  finishInteraction,
  interactionPath,
  loadInteraction,
  returnAddress,
  type Interaction,
} from './interaction.js';
import { renderPage } from './views.js';

/** What a grant must get so that the request can be answered; computed by oidc-provider's consent prompt. */
interface Missing {
  missingOIDCScope?: string[];
  missingOIDCClaims?: string[];
  missingResourceScopes?: Record<string, string[]>;
}

/** Lists what an application asks for and takes the user's answer. */
export class ConsentPage {
  constructor(
    private readonly provider: Provider,
    private readonly tenant: ParsedTenant,
    private readonly consents: Consents,
    private readonly csrf: CsrfTokens,
  ) {}

  /** Shows what is asked for, and what was allowed earlier. */
  async show(ctx: Context, interaction: Interaction): Promise<void> {
    const user = findUser(this.tenant, interaction.session?.accountId);
    renderPage(ctx, 'consent', {
      title: 'Allow access?',
      application: applicationName(this.tenant, interaction),
      user,
      asked: this.describeAsked(interaction),
      known: await this.describeKnown(interaction),
      returnsTo: returnAddress(interaction).host,
      action: interactionPath(interaction.uid, clientIdOf(interaction), 'consent'),
      csrf: this.csrf.issue(interaction.uid),
      otherUser: `/authorize?${loginAgain(interaction.params)}`,
    });
  }

  /** POST /interaction/:uid/consent with `decision`: "accept" or anything else for no */
  async submit(ctx: Context): Promise<void> {
    const interaction = await loadInteraction(ctx, this.provider, this.tenant);
    const form = await readForm(ctx);
    this.csrf.check(form, interaction.uid);
    if (interaction.prompt.name !== 'consent' || form.get('decision') !== 'accept') {
      return finishInteraction(ctx, this.provider, interaction, {
        error: 'access_denied',
        error_description: 'The user did not allow the application what it asked for',
      });
    }
    const consent = { grantId: await this.grant(interaction) };
    await finishInteraction(ctx, this.provider, interaction, { consent });
  }

  /** What is to be allowed now: what earlier consents do not hold. */
  private describeAsked(interaction: Interaction): string[] {
    const { missingOIDCScope = [], missingResourceScopes = {} } = interaction.prompt.details as Missing;
    return describeScopes(
      this.tenant,
      missingOIDCScope,
      (identifier) => missingResourceScopes[identifier] ?? [],
    );
  }

  /** What the user allowed the application earlier. */
  private async describeKnown(interaction: Interaction): Promise<string[]> {
    const grant = await this.consents.find(this.provider, ...parties(interaction));
    if (!grant) return [];
    return describeScopes(this.tenant, scopeWords(grant.getOIDCScope()), (identifier) =>
      scopeWords(grant.getResourceScope(identifier)),
    );
  }

  /** Adds what is asked for to the user's grant for the application, or makes one; answers with its id. */
  private async grant(interaction: Interaction): Promise<string> {
    const [accountId, clientId] = parties(interaction);
    // Looked up now: another browser of the user may have consented since this page was shown.
    const earlier = await this.consents.find(this.provider, accountId, clientId);
    const grant = earlier ?? new this.provider.Grant({ accountId, clientId });
    const { missingOIDCScope, missingOIDCClaims, missingResourceScopes } = interaction.prompt
      .details as Missing;
    if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '));
    if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims);
    for (const [identifier, scopes] of Object.entries(missingResourceScopes ?? {})) {
      grant.addResourceScope(identifier, scopes.join(' '));
    }
    return grant.save();
  }
}

function parties(interaction: Interaction): [accountId: string, clientId: string] {
  return [interaction.session?.accountId ?? '', clientIdOf(interaction)];
}

/** The same request, with a log in first. */
function loginAgain(params: Record<string, unknown>): string {
  const texts = Object.entries(params).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return new URLSearchParams([
    ...texts.filter(([name]) => name !== 'prompt'),
    ['prompt', 'login'],
  ]).toString();
}
