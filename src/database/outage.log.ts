import { Logger } from '@nestjs/common';

/** How often failures are counted together, in milliseconds. */
const PERIOD_MS = 60_000;

/**
 * Tells operators of outages of the database, which clients see as 503: the first failure with its code, then how many
 * there were each minute, then that it answers again. However often it comes and goes, that is a few lines a minute.
 */
export class OutageLog {
  private readonly logger = new Logger('Database');
  private since = 0;
  private isOut = false;
  private reason = '';
  private total = 0;
  private uncounted = 0;
  private timer?: NodeJS.Timeout;

  /**
   * To be told of every failure.
   *
   * @param reason SQLSTATE or code of a system error; nothing of the request
   */
  failed(reason: string): void {
    this.reason = reason;
    if (!this.isOut) {
      this.isOut = true;
      this.since = performance.now();
      this.total = 0;
    }
    this.total += 1;
    if (this.timer !== undefined) {
      this.uncounted += 1;
      return;
    }
    this.logger.warn(`The database cannot answer (${reason})`);
    this.timer = setInterval(() => this.count(), PERIOD_MS).unref();
  }

  /** To be told of every success. */
  succeeded(): void {
    if (!this.isOut) return;
    this.isOut = false;
    const seconds = Math.round((performance.now() - this.since) / 1000);
    // Of another outage within the same minute the count tells.
    if (this.total > this.uncounted) {
      this.logger.log(`The database answers again, after ${seconds} s and ${this.total} failures`);
      this.uncounted = 0;
    }
  }

  private count(): void {
    if (this.uncounted > 0) {
      this.logger.warn(
        `The database could not answer ${this.uncounted} times within a minute (${this.reason})`,
      );
      this.uncounted = 0;
      return;
    }
    if (this.isOut) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
