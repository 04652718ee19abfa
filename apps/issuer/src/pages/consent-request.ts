import type Provider from 'oidc-provider';
import { scopeWords } from '../access-tokens.js';
import type { ParsedTenant } from '../tenant.schema.js';

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/** What OpenID Connect's scopes let an application do, in the words of the consent page; `openid` alone says nothing. */
const OIDC_DESCRIPTIONS: Record<string, string> = {
  profile: 'See your name',
  email: 'See your e-mail address',
  offline_access: 'Keep this access while you are away',
};

/** What a grant must get so that the request can be answered; computed by oidc-provider's consent prompt. */
interface Missing {
  missingOIDCScope?: string[];
  missingOIDCClaims?: string[];
  missingResourceScopes?: Record<string, string[]>;
}

/**
 * Describes what the application asks for.
 *
 * @returns `asked`: what is to be allowed now; `known`: what the user allowed earlier
 */
export async function describeRequest(
  provider: Provider,
  tenant: ParsedTenant,
  interaction: Interaction,
): Promise<{ asked: string[]; known: string[] }> {
  const grant = interaction.grantId ? await provider.Grant.find(interaction.grantId) : undefined;
  const missing = interaction.prompt.details as Missing;
  const asked = describeScopes(tenant, missing.missingOIDCScope ?? [], missing.missingResourceScopes ?? {});
  const resources = Object.fromEntries(
    tenant.apis.map(({ identifier }) => [identifier, scopeWords(grant?.getResourceScope(identifier))]),
  );
  const known = describeScopes(tenant, scopeWords(grant?.getOIDCScope()), resources);
  return { asked, known };
}

/**
 * Adds what is asked for to the user's grant for the application, or makes one.
 *
 * @returns the id of the grant
 */
export async function grantRequest(provider: Provider, interaction: Interaction): Promise<string> {
  const earlier = interaction.grantId ? await provider.Grant.find(interaction.grantId) : undefined;
  const grant =
    earlier ??
    new provider.Grant({
      accountId: interaction.session?.accountId,
      clientId: String(interaction.params['client_id']),
    });
  const missing = interaction.prompt.details as Missing;
  if (missing.missingOIDCScope) grant.addOIDCScope(missing.missingOIDCScope.join(' '));
  if (missing.missingOIDCClaims) grant.addOIDCClaims(missing.missingOIDCClaims);
  for (const [identifier, scopes] of Object.entries(missing.missingResourceScopes ?? {})) {
    grant.addResourceScope(identifier, scopes.join(' '));
  }
  return grant.save();
}

/** The descriptions of permissions by API identifier, in the tenant's order, and of OpenID Connect scopes. */
export function describeScopes(
  tenant: ParsedTenant,
  oidcScopes: readonly string[],
  permissions: Record<string, readonly string[]>,
): string[] {
  const ofApis = Object.entries(permissions).flatMap(([identifier, values]) => {
    const api = tenant.apis.find((candidate) => candidate.identifier === identifier);
    const granted = api?.permissions.filter(({ value }) => values.includes(value)) ?? [];
    return granted.map(({ description }) => description);
  });
  return [...ofApis, ...oidcScopes.flatMap((scope) => OIDC_DESCRIPTIONS[scope] ?? [])];
}
