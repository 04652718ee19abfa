import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

const WINDOW_SECONDS = 15 * 60;

/** Slows guessing down: failed logins are counted for each address and for each user name, known or not. */
export class LoginThrottle {
  private readonly byAddress: RateLimiterMemory;
  private readonly byUser: RateLimiterMemory;

  /** How many failures within 15 minutes are let through. */
  constructor({ perAddress = 30, perUser = 6 } = {}) {
    this.byAddress = new RateLimiterMemory({ points: perAddress, duration: WINDOW_SECONDS });
    this.byUser = new RateLimiterMemory({ points: perUser, duration: WINDOW_SECONDS });
  }

  /**
   * Counts an attempt, before the password is looked at, so that parallel guesses count too.
   *
   * @returns seconds to wait, 0 when the attempt may go on
   */
  async attempt(address: string, userName: string): Promise<number> {
    try {
      await this.byAddress.consume(address);
      await this.byUser.consume(userName.toLowerCase());
      return 0;
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      return Math.ceil(refusal.msBeforeNext / 1000);
    }
  }

  /** A login that succeeded counts for nothing. */
  async succeeded(address: string, userName: string): Promise<void> {
    await this.byAddress.reward(address);
    await this.byUser.delete(userName.toLowerCase());
  }
}
