import { setTimeout } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { accountPrefixOf, type TrustedIssuer, TrustedIssuers, VerifiedTokens } from '../../auth/index.js';
import { Database } from '../../database/database.js';
import { DatabaseUnavailable } from '../../database/database.errors.js';
import { issuers } from '../../database/schema.js';
import { UNKNOWN_ACCOUNT } from '../owner.js';

/** How long the start waits for the database, which answered a moment ago, and how long until it is asked again. */
const PATIENCE_MS = 2000;
const PAUSE_MS = 1000;

/**
 * Keeps which issuer's accounts own what, so that it does not depend on how an issuer is called today or where it stands
 * in a list. The first issuer that a database sees owns the rows without an issuer beside the subject, which are all that
 * there were while there could be one only. Names that were ever configured as one issuer's stay one issuer's.
 */
@Injectable()
export class IssuerRegistry implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(IssuerRegistry.name);
  private readonly closing = new AbortController();

  constructor(
    private readonly trusted: TrustedIssuers,
    private readonly verifiedTokens: VerifiedTokens,
    private readonly database: Database,
  ) {}

  /**
   * Waits for the database a while only: until it has answered, nobody is an owner, which is a 503.
   *
   * @throws Error when two of the configured issuers were one before
   */
  async onModuleInit(): Promise<void> {
    for (const issuer of this.trusted.all) issuer.accountPrefix = UNKNOWN_ACCOUNT;
    const { signal } = this.closing;
    await Promise.race([
      this.read(),
      setTimeout(PATIENCE_MS, undefined, { signal, ref: false }).catch(() => {}),
    ]);
  }

  onModuleDestroy(): void {
    this.closing.abort();
  }

  private async read(): Promise<void> {
    const prefixes = new Map<TrustedIssuer, string>();
    try {
      for (const issuer of this.trusted.all) prefixes.set(issuer, await this.prefixOf(issuer));
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
      void this.readLater();
      return;
    }
    for (const [issuer, prefix] of prefixes) {
      const other = [...prefixes].find(([one, itsPrefix]) => one !== issuer && itsPrefix === prefix);
      if (other) throw new Error(`${issuer.name} was a name of another issuer, whose expenses it would get`);
    }
    for (const [issuer, prefix] of prefixes) issuer.accountPrefix = prefix;
    // What was verified before has no account yet.
    this.verifiedTokens.clear();
  }

  private async readLater(): Promise<void> {
    try {
      await setTimeout(PAUSE_MS, undefined, { signal: this.closing.signal, ref: false });
      await this.read();
    } catch (error) {
      if (!this.closing.signal.aborted) this.logger.error(String(error));
    }
  }

  private prefixOf(issuer: TrustedIssuer): Promise<string> {
    const names = [...new Set(issuer.rules.issuers.map((name) => name.replace(/\/$/, '')))];
    return this.database.transaction(async (transaction) => {
      const known = await transaction.select().from(issuers);
      const own = known.filter(({ name }) => names.includes(name));
      const isFirst = known.length === 0;
      const accountPrefix = own[0]?.accountPrefix ?? (isFirst ? '' : accountPrefixOf(names[0] as string));
      if (own.length === names.length) return accountPrefix;
      await transaction
        .insert(issuers)
        .values(names.map((name) => ({ name, accountPrefix })))
        .onConflictDoNothing();
      if (own.length === 0 && !isFirst) {
        this.logger.warn(
          `${issuer.name} is a new issuer, whose users own nothing yet. If it is a new name of one that you had, set ISSUER to both`,
        );
      }
      return accountPrefix;
    });
  }
}
