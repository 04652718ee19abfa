/** Median, least and greatest of some numbers. */
export function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}

/**
 * Holds a ratio against its goal.
 *
 * @param bound the least that is wanted, or, below nought, the most
 * @param value its spread over the rounds
 * @returns `{ what, goal, value, isMet }`; `isMet` is undefined where the rounds do not agree
 */
export function judge(what, bound, value) {
  const meets = (ratio) => (bound > 0 ? ratio >= bound : ratio <= -bound);
  const [atLeast, atMost] = [meets(value.min), meets(value.max)];
  const goal = bound > 0 ? `at least ${bound}` : `at most ${-bound}`;
  return { what, goal, value, isMet: atLeast === atMost ? atLeast : undefined };
}
