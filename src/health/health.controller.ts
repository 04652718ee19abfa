import { Controller, Get, Inject, Logger, Optional, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import {
  HealthCheck,
  type HealthCheckResult,
  HealthCheckService,
  type HealthIndicatorResult,
  HealthIndicatorService,
} from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { AuditFile } from '../audit/audit.file.js';
import { AUDIT_STREAM } from '../audit/audit.tokens.js';
import { type KeyStatus, Public, TrustedIssuers } from '../auth/index.js';
import { Database } from '../database/database.js';
import { lostLogLines } from '../logging/log.stream.js';
import { REDIS } from '../redis/redis.module.js';
import { Revocations } from '../revocation/revocations.js';
import { Readiness } from './readiness.js';

const livenessAnswer = z.object({ status: z.literal('ok') }).meta({ id: 'Liveness' });

const readinessAnswer = z
  .object({
    status: z.enum(['ok', 'degraded', 'error', 'shutting_down']),
    details: z
      .record(z.string(), z.looseObject({ status: z.enum(['up', 'degraded', 'down']) }))
      .optional()
      .describe('How each part is that the service needs'),
  })
  .meta({ id: 'Readiness' });

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
@ApiTags('Health')
@Controller('health')
@Public()
export class HealthController {
  private readonly logger = new Logger('Health');
  private lastStatus?: string;

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly readiness: Readiness,
    private readonly issuers: TrustedIssuers,
    private readonly database: Database,
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
    @Inject(REDIS) private readonly redis?: Redis,
    @Inject(AUDIT_STREAM) private readonly auditStream?: unknown,
    @Optional() private readonly revocations?: Revocations,
  ) {}

  /** 200 as long as the process answers at all: restarting it would cure nothing that it depends on. */
  @Get('live')
  @ApiOperation({ operationId: 'getLiveness', summary: 'Say whether the process answers' })
  @ApiOkResponse({ description: 'It does', standardSchema: livenessAnswer })
  live() {
    return { status: 'ok' };
  }

  /**
   * 200 `ok` or `degraded` when requests can be served, else 503 `error` or `shutting_down`. Also at `/health`, for
   * balancers that know one path.
   */
  @Get(['ready', ''])
  @HealthCheck({ noCache: true, swaggerDocumentation: false })
  @ApiOperation({ operationId: 'getReadiness', summary: 'Say whether requests can be served' })
  @ApiOkResponse({ description: 'They can', standardSchema: readinessAnswer })
  @ApiServiceUnavailableResponse({
    description: 'They cannot',
    standardSchema: readinessAnswer,
    headers: { 'Retry-After': { description: 'When to ask again, in seconds', schema: { type: 'integer' } } },
  })
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
        () => this.clock(),
        () => this.answeringDatabase(),
        () => this.sharedLimits(),
        () => this.auditEvents(),
        () => this.clientAddresses(),
        () => this.knownRevocations(),
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

  /**
   * Down without keys, with the algorithms of those that the issuer has when none is allowed; degraded while the last
   * attempt to fetch them failed and older ones serve. Of several issuers, one that is down makes the whole degraded.
   */
  private signingKeys(): HealthIndicatorResult {
    const indicator = this.indicators.check('signingKeys');
    const [first, ...others] = this.issuers.all.map(({ name, keys }) => ({
      name,
      ...healthOf(keys.status()),
    }));
    if (others.length === 0) {
      const { status, details } = first!;
      if (status === 'down') return indicator.down(details);
      return status === 'up' ? indicator.up(details) : indicator.degraded(details);
    }
    const all = [first!, ...others];
    const issuers = Object.fromEntries(
      all.map(({ name, status, details }) => [name, { status, ...details }]),
    );
    if (all.every(({ status }) => status === 'down')) return indicator.down({ issuers });
    return all.every(({ status }) => status === 'up')
      ? indicator.up({ issuers })
      : indicator.degraded({ issuers });
  }

  /** Degraded while our clock and an issuer's are further apart than is forgiven: new tokens are then refused. */
  private clock(): HealthIndicatorResult {
    const skews = this.issuers.all.flatMap(({ keys }) => keys.status().clockSkewSeconds ?? []);
    if (skews.length === 0) return {};
    const skewSeconds = skews.reduce((most, skew) => (Math.abs(skew) > Math.abs(most) ? skew : most));
    const indicator = this.indicators.check('clock');
    // A Date header counts in whole seconds.
    const isForgiven = Math.abs(skewSeconds) <= this.issuers.all[0].rules.clockToleranceSeconds + 1;
    return isForgiven ? indicator.up() : indicator.degraded({ issuerAheadSeconds: skewSeconds });
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

  /** Always up, since any client can write X-Forwarded-For; the detail is for an operator who wonders about limits. */
  private clientAddresses(): HealthIndicatorResult {
    const { isSeen } = this.adapterHost.httpAdapter.getInstance().unnamedProxy;
    return isSeen ? this.indicators.check('clientAddresses').up({ unnamedProxy: true }) : {};
  }

  /** While it is not known what was revoked: down when every token is refused then, else degraded. */
  private knownRevocations(): HealthIndicatorResult {
    if (!this.revocations) return {};
    const indicator = this.indicators.check('revocations');
    if (!this.revocations.isOutdated) return indicator.up();
    return this.revocations.settings.onOutage === 'deny' ? indicator.down() : indicator.degraded();
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

/** How an issuer's keys are. */
function healthOf({ usable, stale, ageSeconds = 0, otherAlgorithms }: KeyStatus) {
  if (!usable) {
    const details = otherAlgorithms.length > 0 ? { keysAreFor: otherAlgorithms } : undefined;
    return { status: 'down' as const, details };
  }
  return {
    status: stale ? ('degraded' as const) : ('up' as const),
    details: { ageSeconds: Math.round(ageSeconds) },
  };
}
