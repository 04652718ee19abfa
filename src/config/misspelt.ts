import { nearestName } from '../auth/index.js';

/**
 * Names that are probably meant to be settings, and are none: a line of `.env` that is ignored in silence could be the one
 * that matters. Lines for other programs may stand there, too, so a name that is like no setting is left alone.
 *
 * @param written names of lines that somebody wrote
 * @param known names that mean something
 * @returns one sentence each, beginning with the name
 */
export function misspeltNames(written: readonly string[], known: readonly string[]): string[] {
  return written
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const meant = nearestName(name, known);
      return meant === undefined ? [] : [`${name} in .env is no setting; is ${meant} meant?`];
    });
}
