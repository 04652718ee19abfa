import { Global, Inject, Injectable, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Redis } from 'ioredis';
import type { Environment } from '../config/environment.js';
import { isReplica, refusalOf } from './redis.refusal.js';

/** Injection token of the `Redis` client; `undefined` when REDIS_URL is not set. */
export const REDIS = Symbol('REDIS');

/** Longest wait for Redis, in milliseconds: it only helps, so a request never waits longer for it. */
const COMMAND_TIMEOUT_MS = 500;
/** Longest pause between two attempts to connect, in milliseconds. */
const MAX_RETRY_DELAY_MS = 2000;

/**
 * The connection to Redis. It is made in the background and made again for ever when it is lost; commands fail at once
 * while there is none, so that nothing ever waits for Redis to come back.
 */
async function connect(config: ConfigService<Environment, true>): Promise<Redis | undefined> {
  const url = config.get('REDIS_URL', { infer: true });
  if (!url) return undefined;
  // Not loaded for those who have no Redis.
  const { Redis } = await import('ioredis');
  const logger = new Logger('Redis');
  const redis = new Redis(url, {
    connectTimeout: 1000,
    commandTimeout: COMMAND_TIMEOUT_MS,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    reconnectOnError: isReplica,
    retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RETRY_DELAY_MS),
  });
  let away = false;
  redis.on('ready', () => {
    if (away) logger.log('Redis is back');
    away = false;
  });
  redis.on('error', (error: Error) => {
    if (!away) logger.warn(`Redis cannot be reached (${refusalOf(error)})`);
    away = true;
  });
  return redis;
}

@Injectable()
class RedisConnection implements OnApplicationShutdown {
  constructor(@Inject(REDIS) private readonly redis?: Redis) {}

  onApplicationShutdown(): void {
    this.redis?.disconnect();
  }
}

/** Gives out `REDIS` everywhere, and closes the connection at the end. */
@Global()
@Module({
  providers: [{ provide: REDIS, inject: [ConfigService], useFactory: connect }, RedisConnection],
  exports: [REDIS],
})
export class RedisModule {}
