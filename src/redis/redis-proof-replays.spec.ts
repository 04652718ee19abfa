import { jest } from '@jest/globals';
import type { Redis } from 'ioredis';
import { MemoryProofReplays } from '../auth/index.js';
import { RedisProofReplays } from './redis-proof-replays.js';

const START = 1_800_000_000_000;
const UNTIL = START / 1000 + 60;
beforeEach(() => {
  jest.useFakeTimers({ now: START });
});
afterEach(() => jest.useRealTimers());

/** Two processes, and a Redis that can be away; `asked` counts what reaches it or times out. */
function processes() {
  const known = new Set<string>();
  const redis = { isAway: false, asked: 0 };
  const client = {
    set: async (key: string) => {
      redis.asked += 1;
      if (redis.isAway) throw new Error('Command timed out');
      if (known.has(key)) return null;
      known.add(key);
      return 'OK';
    },
  } as unknown as Redis;
  const make = () => new RedisProofReplays(client, new MemoryProofReplays(80));
  return { redis, one: make(), other: make() };
}

it('a proof is good once over all processes', async () => {
  const { one, other } = processes();
  expect(await one.use('proof', UNTIL)).toBe(true);
  expect(await one.use('proof', UNTIL)).toBe(false);
  expect(await other.use('proof', UNTIL)).toBe(false);
});

it('while Redis is away a proof is good once in each process, and Redis is waited for once a second', async () => {
  const { redis, one, other } = processes();
  redis.isAway = true;
  for (const name of ['a', 'b', 'c']) {
    expect(await one.use(name, UNTIL)).toBe(true);
    expect(await one.use(name, UNTIL)).toBe(false);
  }
  expect(redis.asked).toBe(1);
  expect(await other.use('a', UNTIL)).toBe(true);
  jest.advanceTimersByTime(1000);
  expect(await one.use('d', UNTIL)).toBe(true);
  expect(redis.asked).toBe(3);
});

it('when Redis is back, proofs are good once over all processes again', async () => {
  const { redis, one, other } = processes();
  redis.isAway = true;
  await one.use('a', UNTIL);
  redis.isAway = false;
  jest.advanceTimersByTime(1000);
  expect(await one.use('b', UNTIL)).toBe(true);
  expect(await other.use('b', UNTIL)).toBe(false);
});
