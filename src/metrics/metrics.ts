import { Inject, Injectable, Optional, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import {
  type AuthDecision,
  authDecisions,
  type KeyRefresh,
  type KeyStatus,
  keyRefreshes,
  TrustedIssuers,
  type TokenVerification,
  tokenVerifications,
  VerifiedTokens,
} from '../auth/index.js';
import { AuditFile } from '../audit/audit.file.js';
import { AUDIT_STREAM } from '../audit/audit.tokens.js';
import { Database } from '../database/database.js';
import { lostLogLines } from '../logging/log.stream.js';
import { version } from '../config/version.js';
import { routeOf } from '../http/request.fields.js';
import { Revocations } from '../revocation/revocations.js';

/** Seconds; from what a remembered token takes to what a client gives up at. */
const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Seconds; verifying takes some hundred microseconds, and up to the fetch's time-out when keys must be fetched. */
const VERIFICATION_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.05, 0.25, 1, 5];

/**
 * What Prometheus reads. Every label comes from a closed list (route templates, methods, status codes, reason codes), so
 * their number is bounded whatever clients send, and nothing that they send is in them.
 */
@Injectable()
export class Metrics implements OnModuleInit, OnModuleDestroy {
  readonly registry = new Registry();

  private readonly requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Requests by route template and status (499: the client has gone), and how long they took',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: REQUEST_BUCKETS,
    registers: [this.registry],
  });
  private readonly decisions = new Counter({
    name: 'auth_decisions_total',
    help: 'Authentications by outcome; accepted ones are remembered (a cache hit) or verified',
    labelNames: ['outcome', 'reason'] as const,
    registers: [this.registry],
  });
  private readonly verifications = new Histogram({
    name: 'auth_token_verification_seconds',
    help: 'How long tokens that were not remembered took to verify',
    buckets: VERIFICATION_BUCKETS,
    registers: [this.registry],
  });
  private readonly refreshes = new Counter({
    name: 'auth_key_refreshes_total',
    help: "Fetches of the issuer's keys",
    labelNames: ['outcome', 'issuer'] as const,
    registers: [this.registry],
  });

  private readonly onDecision = (event: unknown) => this.decisions.inc({ ...(event as AuthDecision) });
  private readonly onRefresh = ({ outcome, issuer }: KeyRefresh) =>
    this.refreshes.inc({ outcome, ...this.labelsOf(issuer) });
  private readonly onVerification = ({ durationSeconds }: TokenVerification) =>
    this.verifications.observe(durationSeconds);

  constructor(
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
    private readonly issuers: TrustedIssuers,
    private readonly verifiedTokens: VerifiedTokens,
    @Inject(Database) private readonly database: Database,
    @Inject(AUDIT_STREAM) private readonly auditStream?: unknown,
    @Optional() private readonly revocations?: Revocations,
  ) {
    collectDefaultMetrics({ register: this.registry });
    for (const { name } of issuers.all) {
      this.refreshes.inc({ outcome: 'fetched', ...this.labelsOf(name) }, 0);
      this.refreshes.inc({ outcome: 'failed', ...this.labelsOf(name) }, 0);
    }
    this.addGauges();
    new Gauge({
      name: 'build_info',
      help: 'What runs; always 1',
      labelNames: ['version', 'node'] as const,
      registers: [this.registry],
    }).set({ version, node: process.version }, 1);
    // Not later: the first keys are fetched while modules are initialized, this one perhaps after them.
    authDecisions.subscribe(this.onDecision);
    keyRefreshes.subscribe(this.onRefresh as (event: unknown) => void);
    tokenVerifications.subscribe(this.onVerification as (event: unknown) => void);
  }

  onModuleInit(): void {
    this.adapterHost.httpAdapter.getInstance().onRequestEnd((request, _reply, { countedAs, durationMs }) => {
      this.requests.observe(
        { method: request.method, route: routeOf(request) ?? 'none', status: countedAs },
        durationMs / 1000,
      );
    });
  }

  onModuleDestroy(): void {
    authDecisions.unsubscribe(this.onDecision);
    keyRefreshes.unsubscribe(this.onRefresh as (event: unknown) => void);
    tokenVerifications.unsubscribe(this.onVerification as (event: unknown) => void);
    this.registry.clear();
  }

  private addGauges(): void {
    const { verifiedTokens, database } = this;
    this.keyGauge('auth_keys_usable', 'Number of usable signing keys', ({ count }) => count);
    this.keyGauge('auth_keys_stale', '1 while the last attempt to fetch the keys failed', ({ stale }) =>
      Number(stale),
    );
    this.keyGauge('auth_keys_age_seconds', 'Age of the signing keys', ({ ageSeconds }) => ageSeconds ?? 0);
    this.counter(
      'log_lines_lost_total',
      'Log lines that standard output did not take',
      () => lostLogLines().lines,
    );
    this.counter('audit_events_lost_total', 'Audit events that could not be written', () =>
      this.lostAuditEvents(),
    );
    const { revocations } = this;
    if (revocations) {
      this.gauge('auth_revocations', 'Revocations that are known', () => revocations.size);
      this.gauge(
        'auth_revocations_age_seconds',
        'Seconds since the database last said which tokens are revoked',
        () => revocations.ageSeconds,
      );
    }
    this.gauge('auth_verified_tokens', 'Access tokens that are remembered', () => verifiedTokens.size);
    this.gauge('database_connections', 'Connections of the pool', () => database.connections.total);
    this.gauge('database_connections_idle', 'Idle connections', () => database.connections.idle);
    this.gauge(
      'database_requests_waiting',
      'Queries that wait for a connection',
      () => database.connections.waiting,
    );
  }

  private lostAuditEvents(): number {
    const { auditStream } = this;
    return auditStream instanceof AuditFile ? auditStream.lost : lostLogLines().auditEvents;
  }

  /** One issuer needs no label; of several each has its address, which is configured, so there are no more than these. */
  private labelsOf(name: string): { issuer?: string } {
    if (this.issuers.all.length === 1) return {};
    return { issuer: this.issuers.named(name)?.options.issuerBaseUrl ?? name };
  }

  /** A gauge of the keys of each issuer. */
  private keyGauge(name: string, help: string, read: (status: KeyStatus) => number): void {
    const { issuers } = this;
    const labelsOf = (issuer: string) => this.labelsOf(issuer);
    this.registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames: ['issuer'],
        registers: [],
        collect() {
          for (const { name: issuer, keys } of issuers.all) this.set(labelsOf(issuer), read(keys.status()));
        },
      }),
    );
  }

  /** A gauge that is read when Prometheus asks. */
  private gauge(name: string, help: string, read: () => number): void {
    this.registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          this.set(read());
        },
      }),
    );
  }

  /** A counter of what is counted elsewhere, since the process started; read when Prometheus asks. */
  private counter(name: string, help: string, read: () => number): void {
    this.registry.registerMetric(
      new Counter({
        name,
        help,
        registers: [],
        collect() {
          this.reset();
          this.inc(read());
        },
      }),
    );
  }
}
