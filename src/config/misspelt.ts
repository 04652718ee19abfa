/**
 * Names that are probably meant to be settings, and are none: a line of `.env` that is ignored in silence could be the one
 * that matters.
 *
 * @param written names of lines that somebody wrote
 * @param known names that mean something
 * @returns one sentence each, beginning with the name
 */
export function misspeltNames(written: readonly string[], known: readonly string[]): string[] {
  return written
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const nearest = known
        .map((candidate) => ({ candidate, distance: distanceBetween(name.toUpperCase(), candidate) }))
        .reduce((best, other) => (other.distance < best.distance ? other : best));
      // Lines for other programs may stand there, too: short names are near to many.
      const isNear = nearest.distance <= Math.floor(nearest.candidate.length / 5) + 1;
      return isNear ? [`${name} in .env is no setting; is ${nearest.candidate} meant?`] : [];
    });
}

/** How many letters must be put in, left out, changed or swapped with the next (optimal string alignment). */
function distanceBetween(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1];
      let least = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      const swapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (row > 1 && column > 1 && swapped) least = Math.min(least, before[column - 2]! + 1);
      current.push(least);
    }
    [before, last] = [last, current];
  }
  return last.at(-1)!;
}
