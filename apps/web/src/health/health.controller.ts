import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { RedisConnection } from '../sessions/redis.js';
import { Public } from '../sessions/session.guard.js';
import { Readiness } from './readiness.js';

/** Seconds after which a balancer may ask again. */
const RETRY_AFTER_SECONDS = '5';

/** What a supervisor (live) and a balancer (ready) ask; the same words as the API's. */
@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly readiness: Readiness,
    private readonly redis: RedisConnection,
  ) {}

  /** 200 as long as the process answers at all: restarting it would cure nothing that it depends on. */
  @Get('live')
  live() {
    return { status: 'ok' };
  }

  /**
   * 200 when pages can be served, else 503. Without its session store nobody is logged in; without the issuer or the API
   * the pages say so themselves, and another process could do no better.
   */
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const status = this.readiness.isStopping ? 'shutting_down' : await this.#check();
    if (status !== 'ok') void reply.code(503).header('retry-after', RETRY_AFTER_SECONDS);
    return { status };
  }

  async #check(): Promise<'ok' | 'error'> {
    const { client } = this.redis;
    if (!client) return 'ok';
    return client.ping().then(
      () => 'ok',
      () => 'error',
    );
  }
}
