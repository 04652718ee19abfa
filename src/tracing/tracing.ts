import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  context,
  defaultTextMapGetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { FastifyRequest } from 'fastify';
import { setTimeout as delay } from 'node:timers/promises';
import { type TokenVerification, tokenVerifications } from '../auth/index.js';
import type { Database } from '../database/database.js';
import { routeOf } from '../http/request.fields.js';
import { version } from '../config/version.js';
import { resourceAttributes, sampler, type TracingSettings } from './tracing.settings.js';
import { OutgoingSpans } from './outgoing.spans.js';

const TRACER_NAME = 'expenses-api';
/** How long the last spans may take to be sent when the process stops, in milliseconds. */
const SHUTDOWN_LIMIT_MS = 1000;

/**
 * Traces by OpenTelemetry, sent to an OTLP/HTTP receiver: a span for every request (in the trace of a W3C `traceparent`
 * that it brings), and in it the verification of its token, fetches of keys, and work of the database. Spans hold
 * templates and codes only: no URL, header, claim or SQL. Loaded when OTEL_EXPORTER_OTLP_ENDPOINT is set, and not else.
 */
export class Tracing implements OnModuleInit, OnApplicationShutdown {
  private readonly provider: TracerProvider;
  private readonly tracer;
  private readonly propagator = new W3CTraceContextPropagator();
  private readonly outgoing: OutgoingSpans;
  private readonly spans = new WeakMap<FastifyRequest, Span>();

  constructor(
    endpoint: string,
    settings: TracingSettings,
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
    private readonly database: Database,
  ) {
    const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
    this.provider = new TracerProvider({
      resource: resourceFromAttributes(resourceAttributes(settings, version)),
      sampler: sampler(settings),
      spanProcessors: [new BatchSpanProcessor({ exporter })],
    });
    this.tracer = this.provider.getTracer(TRACER_NAME);
    this.outgoing = new OutgoingSpans(this.tracer, this.propagator);
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  }

  onModuleInit(): void {
    this.traceRequests();
    this.traceDatabase();
    tokenVerifications.subscribe(this.onVerification);
    this.outgoing.start();
  }

  async onApplicationShutdown(): Promise<void> {
    tokenVerifications.unsubscribe(this.onVerification);
    this.outgoing.stop();
    context.disable();
    // The receiver may be gone or hang; that must not keep us from stopping.
    const stopped = this.provider.shutdown().catch(() => undefined);
    await Promise.race([stopped, delay(SHUTDOWN_LIMIT_MS, undefined, { ref: false })]);
  }

  private traceRequests(): void {
    const fastify = this.adapterHost.httpAdapter.getInstance();
    fastify.addHook('onRequest', (request, _reply, done) => {
      const parent = this.propagator.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter);
      const route = routeOf(request);
      const span = this.tracer.startSpan(
        route === undefined ? request.method : `${request.method} ${route}`,
        {
          kind: SpanKind.SERVER,
          attributes: {
            'http.request.method': request.method,
            'http.route': route,
            'http.request.id': request.id,
          },
        },
        parent,
      );
      this.spans.set(request, span);
      request.traceId = span.spanContext().traceId;
      context.with(trace.setSpan(parent, span), done);
    });
    fastify.onRequestEnd((request, _reply, { countedAs }) => {
      const span = this.spans.get(request);
      span?.setAttributes({ 'http.response.status_code': countedAs, 'auth.refusal': request.refusalReason });
      if (countedAs >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
      span?.end();
    });
  }

  private traceDatabase(): void {
    const { database } = this;
    const query: Database['query'] = database.query.bind(database);
    const transaction: Database['transaction'] = database.transaction.bind(database);
    database.query = (work) => this.within('database.query', () => query(work));
    database.transaction = (work) => this.within('database.transaction', () => transaction(work));
  }

  private readonly onVerification = (event: unknown): void => {
    const { durationSeconds } = event as TokenVerification;
    const endedAt = Date.now();
    const startTime = endedAt - durationSeconds * 1000;
    this.tracer.startSpan('auth.verify_token', { startTime }, context.active()).end(endedAt);
  };

  /** What no request waits for, such as the look for revocations four times a second, would be a trace each. */
  private within<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (trace.getActiveSpan() === undefined) return work();
    return this.tracer.startActiveSpan(name, { kind: SpanKind.CLIENT }, async (span) => {
      try {
        return await work();
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    });
  }
}
