import { sql } from '../database/drizzle.js';
import type { Database } from '../database/database.js';
import { revocations } from '../database/schema.js';

/** That something was revoked, as it is kept. */
export interface Revocation {
  /** See `revocationId`. */
  readonly id: string;
  /** Tokens that were issued later are good again: seconds since 1970-01-01T00:00:00Z. */
  readonly notBefore: number;
}

/** How far back changes are read again, in seconds: a statement may write what it recorded that much earlier. */
const OVERLAP_SECONDS = 30;

/** The revocations in the database, which all processes share. */
export class RevocationsRepository {
  constructor(
    private readonly database: Database,
    /** How long each is kept, in seconds: as long as the longest-lived token that it may be about. */
    private readonly keepSeconds: number,
  ) {}

  /**
   * Keeps revocations, and removes those of which every token has expired.
   *
   * @throws DatabaseUnavailable
   */
  async add(all: readonly Revocation[]): Promise<void> {
    await this.database.transaction(async (transaction) => {
      await transaction
        .insert(revocations)
        .values(all.map(({ id, notBefore }) => ({ id, notBefore: isoOf(notBefore) })))
        .onConflictDoUpdate({
          target: revocations.id,
          set: {
            notBefore: sql`greatest(${revocations.notBefore}, excluded.not_before)`,
            recordedAt: sql`clock_timestamp()`,
          },
        });
      await transaction.execute(
        sql`DELETE FROM ${revocations} WHERE ${revocations.notBefore} < now() - make_interval(secs => ${this.keepSeconds})`,
      );
    });
  }

  /**
   * What was revoked.
   *
   * @param which all that is kept, or what was added or changed a moment ago
   * @throws DatabaseUnavailable
   */
  async read(which: 'all' | 'recent'): Promise<Revocation[]> {
    const rows = await this.database.query((queries) => {
      const query = queries
        .select({ id: revocations.id, notBefore: revocations.notBefore })
        .from(revocations);
      return which === 'all'
        ? query
        : query.where(
            sql`${revocations.recordedAt} > now() - make_interval(secs => ${sql.raw(String(OVERLAP_SECONDS))})`,
          );
    });
    return rows.map(({ id, notBefore }) => ({ id, notBefore: Date.parse(notBefore) / 1000 }));
  }
}

function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
