import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { DatabaseSync } from 'node:sqlite';

/** How long a replaced key stays in the JWKS, in milliseconds: longer than any token it signed may live. */
const OVERLAP_MS = 25 * 60 * 60 * 1000;

/** The RS256 keys in the database. The newest signs; the ones it replaced only verify, until they retire. */
export class SigningKeys {
  constructor(
    private readonly database: DatabaseSync,
    private readonly now: () => number = Date.now,
  ) {}

  /** The private keys in use, newest first; read each time, since another process may have rotated them. */
  current(): JWK[] {
    return this.database
      .prepare(
        'SELECT jwk FROM signing_key WHERE retires_at IS NULL OR retires_at > ? ORDER BY created_at DESC, rowid DESC',
      )
      .all(this.now())
      .map((row) => JSON.parse(String(row['jwk'])) as JWK);
  }

  /** Makes the first key of an empty database. */
  async ensure(): Promise<void> {
    if (this.current().length === 0) await this.rotate();
  }

  /**
   * Makes a new signing key and retires the others after the overlap.
   *
   * @returns the `kid` of the new key
   */
  async rotate(): Promise<string> {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const jwk = await exportJWK(privateKey);
    const kid = await calculateJwkThumbprint(jwk);
    const now = this.now();
    this.database.exec('BEGIN IMMEDIATE');
    try {
      this.database.prepare('DELETE FROM signing_key WHERE retires_at <= ?').run(now);
      this.database
        .prepare('UPDATE signing_key SET retires_at = ? WHERE retires_at IS NULL')
        .run(now + OVERLAP_MS);
      this.database
        .prepare('INSERT INTO signing_key (kid, jwk, created_at) VALUES (?, ?, ?)')
        .run(kid, JSON.stringify({ ...jwk, kid, alg: 'RS256', use: 'sig' }), now);
      this.database.exec('COMMIT');
    } catch (error) {
      this.database.exec('ROLLBACK');
      throw error;
    }
    return kid;
  }
}
