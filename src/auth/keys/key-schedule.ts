const DEFAULT_MAX_AGE_SECONDS = 600;
const MIN_MAX_AGE_SECONDS = 60;
const MAX_MAX_AGE_SECONDS = 3600;
/** Longest pause between two tries while no keys are usable: an issuer's return is noticed within 5 seconds. */
const MAX_PAUSE_WITHOUT_KEYS_MS = 4000;
/** Longest pause between two tries while the last good keys serve. */
const MAX_PAUSE_WITH_KEYS_MS = 60_000;
const FIRST_PAUSE_MS = 500;

/**
 * When a key set is fetched anew: at 80 to 90 % of its age limit, so that it never expires under a request, and at a
 * random point, so that many processes do not call the issuer together.
 *
 * @param maxAgeSeconds what the issuer's Cache-Control says, held between 1 minute and 1 hour; default 10 minutes
 * @returns milliseconds from now
 */
export function refreshAfterMs(maxAgeSeconds = DEFAULT_MAX_AGE_SECONDS): number {
  const seconds = Math.min(MAX_MAX_AGE_SECONDS, Math.max(MIN_MAX_AGE_SECONDS, maxAgeSeconds));
  return seconds * 1000 * (0.8 + Math.random() * 0.1);
}

/**
 * Pause from the start of a failed try to the next: doubling, bounded, and with jitter (half of it is random).
 *
 * @param failures failed tries in a row, 1 or more
 * @returns milliseconds
 */
export function backOffMs(failures: number, hasKeys: boolean): number {
  const longest = hasKeys ? MAX_PAUSE_WITH_KEYS_MS : MAX_PAUSE_WITHOUT_KEYS_MS;
  const pause = Math.min(longest, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 20));
  return pause * (0.5 + Math.random() * 0.5);
}
