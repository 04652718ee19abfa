import { isFresh, type Session } from './session.js';

/** Nobody is logged in, or the login has ended. Leads to the login, and to an error page only where that did not help. */
export class LoginNeeded extends Error {
  override readonly name = 'LoginNeeded';
  /** The session that ended had just begun: another login may not help either. */
  readonly soon: boolean;
  /** As was the one before. */
  readonly soonAgain: boolean;

  /** @param session the one that ended, if there was one */
  constructor(message = 'Nobody is logged in', { session, ...options }: LoginNeededOptions = {}) {
    super(message, options);
    this.soon = session !== undefined && isFresh(session);
    this.soonAgain = this.soon && session?.again === true;
  }
}

interface LoginNeededOptions extends ErrorOptions {
  readonly session?: Session;
}

/** A form came without the token of the person it was made for: another site's, or somebody else logged in since. */
export class FormOutOfDate extends Error {
  override readonly name = 'FormOutOfDate';
}

/** The session store cannot be reached: nobody knows who is logged in. */
export class SessionsUnavailable extends Error {
  override readonly name = 'SessionsUnavailable';
}
