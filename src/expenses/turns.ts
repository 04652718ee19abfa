import { TooManyRequests } from '../limits/too-many-requests.js';

/** When it is worth asking again, in seconds. */
const RETRY_AFTER_SECONDS = 5;

/**
 * How many connections of a pool imports may have, and how many exports: a quarter each, but at least one. So half of a
 * pool of four or more is always there for what takes milliseconds; a smaller one can be taken by an import and an export.
 */
export function shareOfPool(poolSize: number): number {
  return Math.max(1, Math.floor(poolSize / 4));
}

/** Lets one request of each caller through at a time, and no more than so many of all callers together. */
export class Turns {
  private readonly callers = new Set<string>();

  /**
   * @param code of the problem of those who come when there is no turn
   * @param most of all callers together
   */
  constructor(
    private readonly code: ConstructorParameters<typeof TooManyRequests>[0],
    private readonly most: number,
  ) {}

  /**
   * Lets a caller through, if there is a turn for it.
   *
   * @returns what gives the turn back
   * @throws TooManyRequests 429
   */
  take(caller: string): () => void {
    if (this.callers.has(caller) || this.callers.size >= this.most) {
      throw new TooManyRequests(this.code, RETRY_AFTER_SECONDS);
    }
    this.callers.add(caller);
    return () => this.callers.delete(caller);
  }
}
