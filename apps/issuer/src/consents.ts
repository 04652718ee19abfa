import type { DatabaseSync } from 'node:sqlite';
import type Provider from 'oidc-provider';
import type { Grant } from 'oidc-provider';

/** What users allowed applications to do: one grant for each user and application, whatever the browser session. */
export class Consents {
  constructor(private readonly database: DatabaseSync) {}

  /** The id of the grant that the user gave the application. */
  idOf(accountId: string, clientId: string): string | undefined {
    const row = this.database
      .prepare(
        `SELECT id FROM artifact WHERE model = 'Grant' AND payload ->> 'accountId' = ? AND payload ->> 'clientId' = ?`,
      )
      .get(accountId, clientId);
    return row && String(row['id']);
  }

  /** The grant that the user gave the application. */
  async find(provider: Provider, accountId: string, clientId: string): Promise<Grant | undefined> {
    const id = this.idOf(accountId, clientId);
    return id === undefined ? undefined : provider.Grant.find(id);
  }

  /** All grants of the user. */
  async list(provider: Provider, accountId: string): Promise<Grant[]> {
    const rows = this.database
      .prepare(`SELECT id FROM artifact WHERE model = 'Grant' AND payload ->> 'accountId' = ?`)
      .all(accountId);
    const grants = await Promise.all(rows.map((row) => provider.Grant.find(String(row['id']))));
    return grants.filter((grant) => grant !== undefined);
  }

  /**
   * Takes back what the user allowed the application, and with it the refresh tokens, authorization codes and opaque
   * access tokens that rest on it. Nobody asks us about a JWT access token: the APIs are told (`BackchannelLogout`).
   */
  revoke(accountId: string, clientId: string): void {
    const remove = this.database.prepare(
      `DELETE FROM artifact WHERE (model = 'Grant' AND id = ?) OR payload ->> 'grantId' = ?`,
    );
    for (let id = this.idOf(accountId, clientId); id !== undefined; id = this.idOf(accountId, clientId)) {
      remove.run(id, id);
    }
  }

  /**
   * Takes back one permission; the others stay, and the next access token has it no more. When it was the last one,
   * nothing is left of the consent.
   */
  async takeBack(provider: Provider, { accountId, clientId, permission }: SinglePermission): Promise<void> {
    const grant = await this.find(provider, accountId, clientId);
    if (!grant) return;
    const without = (scope: string) => scope.split(' ').filter((value) => value !== permission);
    const left = Object.entries(grant.resources ?? {}).map(
      ([name, scope]) => [name, without(scope)] as const,
    );
    if (left.every(([, values]) => values.length === 0)) return this.revoke(accountId, clientId);
    grant.resources = Object.fromEntries(left.map(([name, values]) => [name, values.join(' ')]));
    await grant.save();
  }
}

/** One permission that a user gave an application. */
export interface SinglePermission {
  readonly accountId: string;
  readonly clientId: string;
  readonly permission: string;
}
