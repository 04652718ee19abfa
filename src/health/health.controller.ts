import { Controller, Get, Inject, Logger, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  HealthCheck,
  type HealthCheckResult,
  HealthCheckService,
  type HealthIndicatorResult,
  HealthIndicatorService,
} from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import type { Redis } from 'ioredis';
import { AuditFile } from '../audit/audit.file.js';
import { AUDIT_STREAM } from '../audit/audit.tokens.js';
import { Public, SigningKeys } from '../auth/index.js';
import { Database } from '../database/database.js';
import { lostLogLines } from '../logging/log.stream.js';
import { REDIS } from '../redis/redis.module.js';
import { Readiness } from './readiness.js';

/** Seconds after which a balancer may ask again. */
const RETRY_AFTER_SECONDS = '5';
/** What counting needs: a script that writes. A replica, a full server and one without the right to scripts answer PING. */
const COUNT = `return redis.call('SET', KEYS[1], '1', 'PX', '1000')`;
/** How long the database may take to answer, in milliseconds. */
const DATABASE_TIMEOUT_MS = 2000;

/**
 * What a supervisor (live) and a balancer (ready) ask. Answers say which part is up, degraded or down and never why in
 * the words of that part, which can hold addresses and names; the log has those.
 */
@ApiTags('health')
@Controller('health')
@Public()
export class HealthController {
  private readonly logger = new Logger('Health');
  private lastStatus?: string;

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly readiness: Readiness,
    private readonly keys: SigningKeys,
    private readonly database: Database,
    @Inject(REDIS) private readonly redis?: Redis,
    @Inject(AUDIT_STREAM) private readonly auditStream?: unknown,
  ) {}

  /** 200 as long as the process answers at all: restarting it would cure nothing that it depends on. */
  @Get('live')
  live() {
    return { status: 'ok' };
  }

  /** Also at `/health`, for balancers that know one path. 200 `ok` or `degraded` when requests can be served, else 503 `error` or `shutting_down`. */
  @Get(['ready', ''])
  @HealthCheck()
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Partial<HealthCheckResult>> {
    const result = this.readiness.isStopping ? { status: 'shutting_down' as const } : await this.check();
    if (result.status === 'ok' || result.status === 'degraded') return result;
    void reply.status(503).header('retry-after', RETRY_AFTER_SECONDS);
    return result;
  }

  private async check(): Promise<Pick<HealthCheckResult, 'status' | 'details'>> {
    const result = await this.health
      .check([
        () => this.signingKeys(),
        () => this.answeringDatabase(),
        () => this.sharedLimits(),
        () => this.auditEvents(),
      ])
      // Thrown when something is down; the result is in it.
      .catch((error: { getResponse: () => HealthCheckResult }) => error.getResponse());
    this.tellOfChange(result);
    return { status: result.status, details: result.details };
  }

  /** Probes make no line each; this is the line of the first that is answered otherwise than the one before. */
  private tellOfChange({ status, details }: HealthCheckResult): void {
    if (status === this.lastStatus) return;
    const parts = Object.entries(details).flatMap(([name, part]) =>
      part.status === 'up' ? [] : [`${name} ${part.status}`],
    );
    const message = `Readiness: ${status}${parts.length > 0 ? ` (${parts.join(', ')})` : ''}`;
    if (status === 'ok') this.logger.log(message);
    else this.logger.warn(message);
    this.lastStatus = status;
  }

  /** Down without keys; degraded while the last attempt to fetch them failed and older ones serve. */
  private signingKeys(): HealthIndicatorResult {
    const { usable, stale, ageSeconds } = this.keys.status();
    const indicator = this.indicators.check('signingKeys');
    if (!usable) return indicator.down();
    const age = { ageSeconds: Math.round(ageSeconds ?? 0) };
    return stale ? indicator.degraded(age) : indicator.up(age);
  }

  /** Down when it does not answer; degraded while it takes no writes, or while requests wait for a connection. */
  private async answeringDatabase(): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check('database');
    try {
      const { isWritable, isSaturated } = await within(DATABASE_TIMEOUT_MS, this.database.status());
      if (!isWritable) return indicator.degraded({ readOnly: true });
      return isSaturated ? indicator.degraded({ saturated: true }) : indicator.up();
    } catch {
      return indicator.down();
    }
  }

  /** Degraded while audit events cannot be written: reads are answered, and so are writes unless AUDIT_REQUIRED is set. */
  private auditEvents(): HealthIndicatorResult {
    const { auditStream } = this;
    const isFailing = auditStream instanceof AuditFile ? auditStream.isFailing : lostLogLines().isLosing;
    const indicator = this.indicators.check('audit');
    return isFailing ? indicator.degraded() : indicator.up();
  }

  /** Never down: without Redis each process counts for itself. */
  private async sharedLimits(): Promise<HealthIndicatorResult> {
    if (!this.redis) return {};
    const indicator = this.indicators.check('redis');
    return this.redis.eval(COUNT, 1, 'expenses-api:ready').then(
      () => indicator.up(),
      () => indicator.degraded(),
    );
  }
}

/** Rejects when an answer takes too long; its own failure is then of no interest any more. */
async function within<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(milliseconds);
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason as Error));
  answer.catch(() => undefined);
  return Promise.race([answer, tooLate]);
}
