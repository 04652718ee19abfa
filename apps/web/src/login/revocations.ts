import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Issuer } from './issuer.js';
import { IssuerUnavailable } from './login.errors.js';

/** Pauses before the attempts that follow a failed one, in milliseconds: about half an hour in all. */
const PAUSES_MS = [5, 15, 30, 60, 120, 240, 480, 960].map((seconds) => seconds * 1000);
/** Refresh tokens that wait at most; further ones are given up at once, and expire by themselves. */
const MAX_WAITING = 1000;

/** Takes refresh tokens back at the issuer, again and again while it is away. */
@Injectable()
export class Revocations implements OnApplicationShutdown {
  readonly #logger = new Logger(Revocations.name);
  readonly #waiting = new Set<NodeJS.Timeout>();

  constructor(private readonly issuer: Issuer) {}

  /** Makes the first attempt, and goes on in the background when the issuer is away. Never throws. */
  async revoke(refreshToken: string, attempt = 0): Promise<void> {
    try {
      await this.issuer.revoke(refreshToken);
    } catch (error) {
      // What the issuer refuses it will refuse again; both are in the log.
      if (error instanceof IssuerUnavailable) this.#later(refreshToken, attempt);
    }
  }

  onApplicationShutdown(): void {
    for (const timer of this.#waiting) clearTimeout(timer);
  }

  #later(refreshToken: string, attempt: number): void {
    const pause = PAUSES_MS[attempt];
    if (pause === undefined || this.#waiting.size >= MAX_WAITING) {
      this.#logger.warn('A refresh token could not be revoked at the issuer; it is given up');
      return;
    }
    const timer = setTimeout(() => {
      this.#waiting.delete(timer);
      void this.revoke(refreshToken, attempt + 1);
    }, pause);
    this.#waiting.add(timer.unref());
  }
}
