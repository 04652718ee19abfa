import type { Redis } from 'ioredis';
import type { ProofReplays } from '../auth/index.js';

/** How long Redis is left alone after it failed, in milliseconds, so that its time-out is not paid on every request. */
const PAUSE_MS = 1000;

/**
 * Used proofs in Redis, so that one is good once over all processes. While Redis is away, it is good once in each process.
 */
export class RedisProofReplays implements ProofReplays {
  private pauseUntil = 0;

  /** @param memory what this process has seen by itself */
  constructor(
    private readonly redis: Redis,
    private readonly memory: ProofReplays,
  ) {}

  /** Asks this process first, then Redis: an answer of this process needs no connection. @throws what `memory` throws */
  async use(id: string, untilSeconds: number): Promise<boolean> {
    if (!(await this.memory.use(id, untilSeconds))) return false;
    if (performance.now() < this.pauseUntil) return true;
    const milliseconds = Math.max(1, Math.ceil(untilSeconds * 1000 - Date.now()));
    try {
      return (await this.redis.set(`expenses-api:proof:${id}`, '', 'PX', milliseconds, 'NX')) === 'OK';
    } catch {
      this.pauseUntil = performance.now() + PAUSE_MS;
      return true;
    }
  }
}
