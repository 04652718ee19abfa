import type { Context } from 'koa';
import type Provider from 'oidc-provider';
import { redirectOrigins } from '../clients.js';
import { findApplication } from '../tenant.js';
import type { ParsedTenant } from '../tenant.schema.js';
import { contentSecurityPolicy } from './security-headers.js';

/** What stands between an authorization request and its answer: a login, a choice or a consent. */
export type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/**
 * Finds the interaction of this browser by its cookie, and lets the forms of its page lead to its application only.
 *
 * @throws SessionNotFound when it has expired, or is another browser's
 */
export async function loadInteraction(
  ctx: Context,
  provider: Provider,
  tenant: ParsedTenant,
): Promise<Interaction> {
  const interaction = await provider.interactionDetails(ctx.req, ctx.res);
  const origins = redirectOrigins(tenant, clientIdOf(interaction));
  // A client on this machine may listen on any port (RFC 8252, 7.3): the request's address need not be a registered one.
  const { origin } = returnAddress(interaction);
  ctx.set('Content-Security-Policy', contentSecurityPolicy([...new Set([...origins, origin])]));
  return interaction;
}

/** The path of an interaction's page, or of what its form posts to. It names the application for when it has expired. */
export function interactionPath(uid: string, clientId: string, action?: string): string {
  const path = action === undefined ? `/interaction/${uid}` : `/interaction/${uid}/${action}`;
  return `${path}?${new URLSearchParams({ application: clientId })}`;
}

/** Ends the interaction with its result; the authorization request goes on. */
export async function finishInteraction(
  ctx: Context,
  provider: Provider,
  interaction: Interaction,
  result: Parameters<Provider['interactionResult']>[2],
): Promise<void> {
  const resume = await provider.interactionResult(ctx.req, ctx.res, result);
  ctx.status = 303;
  ctx.redirect(`${resume}?${new URLSearchParams({ application: clientIdOf(interaction) })}`);
}

/** The client that asks. */
export function clientIdOf(interaction: Interaction): string {
  return String(interaction.params['client_id']);
}

/** Where the answer goes; checked against the client's registration before there was an interaction. */
export function returnAddress(interaction: Interaction): URL {
  return new URL(String(interaction.params['redirect_uri']));
}

/** The name of the application that asks; without one it is our own page. */
export function applicationName(tenant: ParsedTenant, interaction: Interaction): string {
  return findApplication(tenant, clientIdOf(interaction))?.name ?? 'Authorized applications';
}
