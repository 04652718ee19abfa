import type { Redis } from 'ioredis';
import type { ProofReplays } from '../auth/index.js';

/**
 * Used proofs in Redis, so that one is good once over all processes. While Redis is away, it is good once in each process.
 */
export class RedisProofReplays implements ProofReplays {
  /** @param memory what this process has seen by itself */
  constructor(
    private readonly redis: Redis,
    private readonly memory: ProofReplays,
  ) {}

  /** Asks this process first, then Redis: an answer of this process needs no connection. @throws what `memory` throws */
  async use(id: string, untilSeconds: number): Promise<boolean> {
    if (!(await this.memory.use(id, untilSeconds))) return false;
    const milliseconds = Math.max(1, Math.ceil(untilSeconds * 1000 - Date.now()));
    return this.redis.set(`expenses-api:proof:${id}`, '', 'PX', milliseconds, 'NX').then(
      (answer) => answer === 'OK',
      () => true,
    );
  }
}
