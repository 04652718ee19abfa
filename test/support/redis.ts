import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { REDIS } from '../../src/redis/redis.module.js';
import type { TestApp } from '../../src/testing/index.js';

const SERVER = process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379';

/** For REDIS_URL: keys of a test's own. */
export const ownRedis = (): string => `${SERVER}?keyPrefix=test-${randomUUID()}:`;

async function ping(): Promise<void> {
  const redis = new Redis(SERVER, { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => {});
  try {
    await redis.connect();
    await redis.ping();
  } finally {
    redis.disconnect();
  }
}

/** Waits until an application has its Redis, or cannot reach it: it starts without, and connects meanwhile. */
export async function redisConnected({ app }: TestApp): Promise<void> {
  const redis = app.get<Redis | undefined>(REDIS);
  if (redis?.status === 'connecting' || redis?.status === 'connect')
    await once(redis, 'ready').catch(() => undefined);
}

/** Whether there is a Redis to test with. Without one its tests are skipped, but for CI, where that is a failure. */
export const redisIsThere = await ping().then(
  () => true,
  (error: unknown) => {
    if (process.env.CI === 'true') throw error;
    return false;
  },
);

/** Describes what needs Redis. */
export const describeWithRedis = (name: string, tests: () => void): void =>
  (redisIsThere ? describe : describe.skip)(
    `${name}${redisIsThere ? '' : ' (skipped: there is none at TEST_REDIS_URL)'}`,
    tests,
  );
