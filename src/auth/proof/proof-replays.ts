import { ServiceUnavailable } from '../../problems/problem.exception.js';

/** Remembers which proofs were used, so that each is good once (RFC 9449, 11.1). */
export interface ProofReplays {
  /**
   * Marks a proof as used.
   *
   * @param id names the proof; the same for no two proofs of different keys
   * @param untilSeconds when it ceases to be good anyway, in seconds since 1970-01-01T00:00:00Z
   * @returns whether this was its first use
   * @throws ServiceUnavailable when that cannot be told
   */
  use(id: string, untilSeconds: number): boolean | Promise<boolean>;
}

/** How many proofs are remembered at most; some 100 bytes each. */
const MAX_PROOFS = 1_000_000;

/**
 * Used proofs in the memory of this process. Two generations, each as long as a proof can live: a proof is looked up in
 * both, and the older one is dropped as a whole, so there is no timer and no search for what has expired.
 */
export class MemoryProofReplays implements ProofReplays {
  private current = new Set<string>();
  private previous = new Set<string>();
  private endsAt = 0;

  constructor(
    /** The longest time for which a proof may have to be remembered, in seconds. */
    private readonly lifetimeSeconds: number,
    private readonly max: number = MAX_PROOFS,
  ) {}

  use(id: string): boolean {
    this.turn(Date.now() / 1000);
    if (this.current.has(id) || this.previous.has(id)) return false;
    // A proof that cannot be remembered could be used twice, so it is not used once.
    if (this.current.size + this.previous.size >= this.max)
      throw new ServiceUnavailable('proofs_unavailable', this.lifetimeSeconds);
    this.current.add(id);
    return true;
  }

  /** How many proofs are remembered. */
  get size(): number {
    return this.current.size + this.previous.size;
  }

  private turn(nowSeconds: number): void {
    if (nowSeconds < this.endsAt) return;
    this.previous = nowSeconds < this.endsAt + this.lifetimeSeconds ? this.current : new Set();
    this.current = new Set();
    this.endsAt = nowSeconds + this.lifetimeSeconds;
  }
}
