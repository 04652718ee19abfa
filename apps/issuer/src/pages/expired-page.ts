import type { Context } from 'koa';
import type { DatabaseSync } from 'node:sqlite';
import type Provider from 'oidc-provider';
import { ACCOUNT_CLIENT_ID } from '../clients.js';
import { OidcAdapter } from '../oidc-adapter.js';
import { findApplication } from '../tenant.js';
import type { ParsedTenant } from '../tenant.schema.js';
import type { Interaction } from './interaction.js';
import { renderPage } from './views.js';

/**
 * Says that a page of a login cannot be used any more, and leads to the start of the application that it was for. When
 * no browser has ever seen the page, the one that was sent to it just now has not kept its cookie: then it says that.
 */
export class ExpiredPage {
  private readonly seen: OidcAdapter;

  constructor(
    private readonly provider: Provider,
    private readonly tenant: ParsedTenant,
    database: DatabaseSync,
  ) {
    this.seen = new OidcAdapter('SeenInteraction', database);
  }

  /** To be told of each interaction whose page is shown. */
  async markSeen({ uid, exp }: Interaction): Promise<void> {
    await this.seen.upsert(uid, {}, Math.max(1, exp - Math.floor(Date.now() / 1000)));
  }

  /** Answers 400 with the page. */
  async show(ctx: Context): Promise<void> {
    const cookiesAreOff = await this.isUnseen(/^\/interaction\/([\w-]+)/.exec(ctx.path)?.[1]);
    ctx.status = 400;
    renderPage(ctx, 'message', {
      ...(cookiesAreOff
        ? {
            title: 'Your browser keeps no cookies',
            text: 'The login needs them to know your browser from others. Allow cookies for this site, then begin again.',
          }
        : {
            title: 'This page has expired',
            text: 'It was open for too long, was used already, or was begun in another browser.',
          }),
      link: startOf(this.tenant, ctx.state['application'] ?? ctx.query['application']),
    });
  }

  private async isUnseen(uid: string | undefined): Promise<boolean> {
    if (uid === undefined || !(await this.provider.Interaction.find(uid))) return false;
    return (await this.seen.find(uid)) === undefined;
  }
}

/** Where an application begins its login. */
export function startOf(
  tenant: ParsedTenant,
  clientId: unknown,
): { href: string; label: string } | undefined {
  if (clientId === ACCOUNT_CLIENT_ID)
    return { href: '/applications', label: 'Go to Authorized applications' };
  const application = typeof clientId === 'string' ? findApplication(tenant, clientId) : undefined;
  const [redirectUri] = application?.redirectUris ?? [];
  const href = application?.initiateLoginUri ?? (redirectUri && new URL('/', redirectUri).href);
  return application && href ? { href, label: `Go back to ${application.name}` } : undefined;
}
