import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { Database } from '../../src/database/database.js';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { OtlpReceiver } from '../support/otlp-receiver.js';
import { createTestApp } from '../support/test-app.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
/** The traceparent headers of the requests that servers of this process received. */
const received: string[] = [];
const onRequest = (event: unknown) => {
  const { traceparent: header } = (event as { request: IncomingMessage }).request.headers;
  if (typeof header === 'string') received.push(header);
};

const traceparent = `00-${TRACE_ID}-b7ad6b7169203331-01`;

describe('traces', () => {
  let issuer: TestIssuer | undefined;
  let app: TestApp | undefined;
  let receiver: OtlpReceiver | undefined;

  beforeAll(async () => {
    subscribe('http.server.request.start', onRequest);
    issuer = await startTestIssuer();
    receiver = await OtlpReceiver.start();
    app = await createTestApp({ issuer, variables: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } });
    const token = issuer.tokenFor({ scopes: ['read:reports'] });
    const headers = { traceparent };
    await app.inject({ method: 'GET', url: '/?text=rome', headers }, token);
    await app.inject({ method: 'GET', url: '/', headers }, token);
    await app.get('/', issuer.tokenFor({ exp: 1 }));
    // As is asked for revocations, four times a second.
    await app.app.get(Database).missingMigrations();
    // Spans are sent in batches; closing sends the rest.
    await app.close();
  });
  afterAll(async () => {
    unsubscribe('http.server.request.start', onRequest);
    await app?.close().catch(() => undefined);
    await issuer?.close();
    await receiver?.close();
  });

  const named = (name: string) => receiver!.spans.filter((span) => span.name === name);

  it('have a span for every request, in the trace that the request brought', () => {
    const [first, second, third] = named('GET /');
    expect(first).toMatchObject({
      traceId: TRACE_ID,
      parentSpanId: 'b7ad6b7169203331',
      attributes: { 'http.route': '/', 'http.request.method': 'GET' },
    });
    expect(Number(first!.attributes['http.response.status_code'])).toBe(200);
    expect(second!.traceId).toBe(TRACE_ID);
    expect(third!.traceId).not.toBe(TRACE_ID);
    expect(third!.attributes['auth.refusal']).toBe('token_expired');
  });

  it('have a span for a verification, and none for a remembered token', () => {
    const [first, second] = named('GET /');
    const verified = named('auth.verify_token').map(({ parentSpanId }) => parentSpanId);
    expect(verified).toContain(first!.spanId);
    expect(verified).not.toContain(second!.spanId);
  });

  it('have a span for the queries of a request', () => {
    const [first] = named('GET /');
    expect(named('database.query').map(({ parentSpanId }) => parentSpanId)).toContain(first!.spanId);
  });

  it('have none for what the database is asked beside requests', () => {
    const spanIds = new Set(receiver!.spans.map(({ spanId }) => spanId));
    const queries = named('database.query');
    expect(queries.length).toBeGreaterThan(0);
    expect(queries.filter(({ parentSpanId }) => !spanIds.has(parentSpanId!))).toEqual([]);
  });

  it('have a span for each fetch from the issuer, which is told the trace', () => {
    const fetches = named('fetch GET');
    expect(fetches.length).toBeGreaterThanOrEqual(2);
    expect(fetches[0]!.attributes).toMatchObject({ 'server.address': new URL(issuer!.url).host });
    const told = received.map((header) => header.split('-')[2]);
    expect(told).toEqual(expect.arrayContaining(fetches.map(({ spanId }) => spanId)));
  });

  it('hold no parameter of a request, no token and no subject', () => {
    expect(receiver!.written).not.toMatch(/rome|eyJ|auth0|Bearer/);
  });
});

describe('without OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  it('nothing of OpenTelemetry is loaded', async () => {
    const { AppModule } = await import('../../src/app.module.js');
    const { loadConfiguration } = await import('../../src/config/config.module.js');
    const configuration = await loadConfiguration({
      ISSUER_BASE_URL: 'http://localhost:1',
      ALLOWED_AUDIENCES: 'https://expenses-api',
    });
    const { imports } = AppModule.forRoot(configuration);
    const tracing = imports!.find(
      (item) => (item as { module?: { name: string } }).module?.name === 'TracingModule',
    );
    expect(tracing).toBeDefined();
    expect(tracing).not.toHaveProperty('providers');
  });
});
