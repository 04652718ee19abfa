import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { DatabaseSync } from 'node:sqlite';

/** How long a replaced key stays in the JWKS, in milliseconds: longer than any token it signed may live. */
const OVERLAP_MS = 25 * 60 * 60 * 1000;

/**
 * The keys in the database, RS256 ones and those of the algorithms that APIs ask for. The newest of its algorithm signs;
 * the ones it replaced only verify, until they retire.
 */
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

  /** Makes the first key of each algorithm that has none. */
  async ensure(algorithms: readonly string[] = ['RS256']): Promise<void> {
    const present = new Set(this.current().map(({ alg }) => alg));
    const missing = algorithms.filter((algorithm) => !present.has(algorithm));
    for (const algorithm of new Set(missing)) await this.add(algorithm);
  }

  /**
   * Makes a new signing key of each algorithm in use, and retires the others after the overlap.
   *
   * @returns the `kid` of the new RS256 key
   */
  async rotate(): Promise<string> {
    const others = new Set(this.current().flatMap(({ alg }) => (alg && alg !== 'RS256' ? [alg] : [])));
    for (const algorithm of others) await this.add(algorithm);
    return this.add('RS256');
  }

  private async add(algorithm: string): Promise<string> {
    const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
    const jwk = await exportJWK(privateKey);
    const kid = await calculateJwkThumbprint(jwk);
    const now = this.now();
    this.database.exec('BEGIN IMMEDIATE');
    try {
      this.database.prepare('DELETE FROM signing_key WHERE retires_at <= ?').run(now);
      this.database
        .prepare("UPDATE signing_key SET retires_at = ? WHERE retires_at IS NULL AND jwk ->> 'alg' = ?")
        .run(now + OVERLAP_MS, algorithm);
      this.database
        .prepare('INSERT INTO signing_key (kid, jwk, created_at) VALUES (?, ?, ?)')
        .run(kid, JSON.stringify({ ...jwk, kid, alg: algorithm, use: 'sig' }), now);
      this.database.exec('COMMIT');
    } catch (error) {
      this.database.exec('ROLLBACK');
      throw error;
    }
    return kid;
  }
}
