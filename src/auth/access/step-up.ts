import { InsufficientUserAuthentication } from '../auth.errors.js';
import type { Principal } from '../token/principal.js';

/** How the user of a token must have logged in (RFC 9470, 3); at least one of the two. */
export interface StepUpOptions {
  /**
   * How long ago the login may have been, in whole seconds, at least 1. No clock difference is forgiven here: the worst
   * that one does is to cost the user a login.
   */
  readonly maxAge?: number;
  /** The authentication context class that the login must have had: one, or any of several, the most welcome first. */
  readonly acr?: string | readonly string[];
}

/** The acceptable `acr` values, the most welcome first; none when any will do. */
export function acrValuesOf({ acr = [] }: StepUpOptions): readonly string[] {
  return typeof acr === 'string' ? [acr] : acr;
}

/** What is wrong with a declaration; nothing when it can be met and be written into a challenge. */
export function faultOfStepUp(stepUp: StepUpOptions): string | undefined {
  const { maxAge } = stepUp;
  const values = acrValuesOf(stepUp);
  if (maxAge === undefined && values.length === 0) return '@StepUp() without maxAge and acr';
  if (maxAge !== undefined && !(Number.isSafeInteger(maxAge) && maxAge > 0)) {
    return '@StepUp() whose maxAge is no whole number of seconds above 0';
  }
  // As in a list with spaces between, in quotes (RFC 9470, 3).
  if (!values.every((value) => /^[\x21\x23-\x5B\x5D-\x7E]+$/.test(value))) {
    return '@StepUp() whose acr has a space, a quote or another character that a challenge cannot have';
  }
  return undefined;
}

/**
 * Refuses a caller whose user has not logged in as a route asks.
 *
 * @param clockToleranceSeconds how far in the future the issuer's clock may put a login
 * @throws InsufficientUserAuthentication
 */
export function assertLoggedIn(
  { authentication = {} }: Principal,
  stepUp: StepUpOptions,
  clockToleranceSeconds: number,
): void {
  const { maxAge } = stepUp;
  const acrValues = acrValuesOf(stepUp);
  const { acr, time } = authentication;
  if (acrValues.length > 0 && (acr === undefined || !acrValues.includes(acr))) {
    throw new InsufficientUserAuthentication('other_authentication', acrValues, maxAge);
  }
  if (maxAge === undefined) return;
  const age = time === undefined ? undefined : Date.now() / 1000 - time;
  if (age === undefined || age < -clockToleranceSeconds || age > maxAge) {
    throw new InsufficientUserAuthentication('old_authentication', acrValues, maxAge);
  }
}
