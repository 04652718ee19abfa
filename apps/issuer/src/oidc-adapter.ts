import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { DatabaseSync } from 'node:sqlite';

/** oidc-provider's storage interface on the artifact table: one instance for each of its models. */
export class OidcAdapter implements Adapter {
  constructor(
    private readonly model: string,
    protected readonly database: DatabaseSync,
  ) {}

  /** @param expiresIn seconds until the artifact may be forgotten */
  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const now = Math.floor(Date.now() / 1000);
    this.database.prepare('DELETE FROM artifact WHERE expires_at < ?').run(now);
    this.database
      .prepare('INSERT OR REPLACE INTO artifact (model, id, payload, expires_at) VALUES (?, ?, ?, ?)')
      .run(this.model, id, JSON.stringify(payload), expiresIn === undefined ? null : now + expiresIn);
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    return this.select('id = ?', id);
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.select("payload ->> 'uid' = ?", uid);
  }

  /** Only the device flow, which is off, looks for user codes. */
  async findByUserCode(): Promise<undefined> {
    return undefined;
  }

  async consume(id: string): Promise<void> {
    this.database
      .prepare(
        "UPDATE artifact SET payload = json_set(payload, '$.consumed', unixepoch()) WHERE model = ? AND id = ?",
      )
      .run(this.model, id);
  }

  async destroy(id: string): Promise<void> {
    this.database.prepare('DELETE FROM artifact WHERE model = ? AND id = ?').run(this.model, id);
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    this.database
      .prepare("DELETE FROM artifact WHERE model = ? AND payload ->> 'grantId' = ?")
      .run(this.model, grantId);
  }

  private select(condition: string, value: string): AdapterPayload | undefined {
    const row = this.database
      .prepare(`SELECT payload FROM artifact WHERE model = ? AND ${condition}`)
      .get(this.model, value);
    return row && (JSON.parse(String(row['payload'])) as AdapterPayload);
  }
}
