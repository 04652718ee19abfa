import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { Redis } from 'ioredis';
import type { Config } from '../config/config.module.js';

/** Longest wait for an answer, in milliseconds. */
const COMMAND_TIMEOUT_MS = 2000;
/** Longest pause between two attempts to connect, in milliseconds. */
const MAX_RETRY_DELAY_MS = 2000;

/** The connection to Redis, when REDIS_URL is set; made again for ever when it is lost. */
@Injectable()
export class RedisConnection implements OnApplicationShutdown {
  readonly client: Redis | undefined;
  readonly #logger = new Logger('Redis');
  #away = false;

  constructor(@Inject(ConfigService) config: Config) {
    const url = config.get('REDIS_URL', { infer: true });
    if (url !== undefined) this.client = this.#connect(url);
  }

  onApplicationShutdown(): void {
    this.client?.disconnect();
  }

  #connect(url: string): Redis {
    const redis = new Redis(url, {
      connectTimeout: COMMAND_TIMEOUT_MS,
      commandTimeout: COMMAND_TIMEOUT_MS,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RETRY_DELAY_MS),
    });
    redis.on('ready', () => {
      if (this.#away) this.#logger.log('Redis is back');
      this.#away = false;
    });
    redis.on('error', (error: NodeJS.ErrnoException) => {
      // The code only: messages of Redis can quote what was sent to it.
      if (!this.#away) this.#logger.warn(`Redis cannot be reached (${error.code ?? error.name})`);
      this.#away = true;
    });
    return redis;
  }
}
