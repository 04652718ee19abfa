import { channel } from 'node:diagnostics_channel';

/** How an authentication ended. Never holds anything of the token. */
export interface AuthDecision {
  readonly outcome: 'accepted' | 'refused' | 'undecided';
  /**
   * From a closed list: `remembered` or `verified` for an accepted token; for a refused one the `reason` of the
   * `AuthError`; `keys_unavailable` or `error` where it could not be decided.
   */
  readonly reason: string;
}

/** How an attempt to get the issuer's keys ended. */
export interface KeyRefresh {
  readonly outcome: 'fetched' | 'failed';
  /** What the issuer is called here. */
  readonly issuer: string;
}

/** How long the verification of a token took, in seconds, whatever its outcome. */
export interface TokenVerification {
  readonly durationSeconds: number;
}

// Channels of node:diagnostics_channel: whoever measures subscribes, and it costs nothing while nobody does.

/** Publishes an `AuthDecision` for every request to a route that is not public. */
export const authDecisions = channel('auth:decision');
/** Publishes a `KeyRefresh` for every fetch of the issuer's keys. */
export const keyRefreshes = channel('auth:key-refresh');
/** Publishes a `TokenVerification` for every token that was not remembered. */
export const tokenVerifications = channel('auth:token-verification');
