import { readFileSync } from 'node:fs';
import { MetricsServer } from '../../src/metrics/metrics.server.js';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';

describe('GET /metrics', () => {
  let issuer: TestIssuer | undefined;
  let app: TestApp | undefined;

  beforeAll(async () => {
    issuer = await startTestIssuer();
    app = await createAuthApp(issuer, { variables: { METRICS_PORT: '0', HOST: '127.0.0.1' } });
  });
  afterAll(async () => {
    await app?.close();
    await issuer?.close();
  });

  async function metrics(): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${app!.app.get(MetricsServer).port}/metrics`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/plain');
    return response.text();
  }

  /** The value of one series; 0 when there is none. */
  async function value(series: string): Promise<number> {
    const line = (await metrics()).split('\n').find((text) => text.startsWith(`${series} `));
    return Number(line?.slice(series.length) ?? 0);
  }

  const read = () =>
    Promise.all([
      value('auth_decisions_total{outcome="accepted",reason="verified"}'),
      value('auth_decisions_total{outcome="accepted",reason="remembered"}'),
      value('auth_decisions_total{outcome="refused",reason="token_expired"}'),
      value('auth_token_verification_seconds_count'),
    ]);

  const hostile = async (from: number, to: number) => {
    for (let number = from; number < to; number += 1) {
      await app!.get(`/nothing-${number}/${number}?q=${number}`, `a.b.${number}`);
      await app!.get(`/secured?page=${number}`, issuer!.sign({ kid: `kid-${number}` }, issuer!.claims()));
      await app!.inject({ method: number % 2 ? 'PUT' : 'DELETE', url: `/expenses/${number}` });
    }
  };
  const countSeries = async () =>
    (await metrics()).split('\n').filter((line) => /^(http|auth)_/.test(line)).length;

  it('is on its own port, and not on that of the API', async () => {
    expect((await app!.get('/metrics')).statusCode).toBe(404);
    const other = await fetch(`http://127.0.0.1:${app!.app.get(MetricsServer).port}/other`);
    expect(other.status).toBe(404);
  });

  it('counts requests by route template and status', async () => {
    const series = 'http_request_duration_seconds_count{method="GET",route="/secured",status="200"}';
    const before = await value(series);
    await app!.get('/secured', issuer!.tokenFor({ scopes: ['read:reports'] }));
    expect(await value(series)).toBe(before + 1);
  });

  it('counts authentications by outcome and reason, and tells remembered tokens from verified ones', async () => {
    const token = issuer!.tokenFor({ scopes: ['read:reports'] });
    const before = await read();
    await app!.get('/secured', token);
    await app!.get('/secured', token);
    await app!.get('/secured', token);
    await app!.get('/secured', issuer!.tokenFor({ exp: 1 }));
    const after = await read();
    expect(after.map((count, index) => count - before[index]!)).toEqual([1, 2, 1, 2]);
  });

  it('tells the age of the keys, and whether they are stale', async () => {
    await app!.get('/secured', issuer!.tokenFor({ scopes: ['read:reports'] }));
    expect(await value('auth_keys_usable')).toBe(1);
    expect(await value('auth_keys_stale')).toBe(0);
    expect(await value('auth_key_refreshes_total{outcome="fetched"}')).toBeGreaterThan(0);
    expect(await metrics()).toMatch(/^auth_keys_age_seconds \d/m);
  });

  it('has the pool of the database and the lag of the event loop', async () => {
    const text = await metrics();
    for (const name of [
      'database_connections',
      'database_connections_idle',
      'database_requests_waiting',
      'nodejs_eventloop_lag_p99_seconds',
      'auth_verified_tokens',
    ]) {
      expect(text).toMatch(new RegExp(`^${name} \\d`, 'm'));
    }
  });

  it('has a counter wherever a name of ours says so, and nowhere else', async () => {
    const types = [...(await metrics()).matchAll(/^# TYPE ((?:http|auth|database|log|audit)_\w+) (\w+)$/gm)];
    const counters = types.filter(([, , type]) => type === 'counter').map(([, name]) => name);
    const named = types.map(([, name]) => name).filter((name) => name!.endsWith('_total'));
    expect(named).toContain('audit_events_lost_total');
    expect(counters).toEqual(named);
  });

  it.each(['deploy/grafana/expenses-api.json', 'deploy/prometheus/alerts.yaml'])(
    'has every metric that %s asks for',
    async (file) => {
      const asked = readFileSync(file, 'utf8').match(/\b(?:http|auth|database|nodejs|process)_[a-z0-9_]+/g);
      expect(asked?.length).toBeGreaterThan(5);
      const known = await metrics();
      const unknown = asked!.filter(
        (name) => !known.includes(`TYPE ${name.replace(/_(bucket|count|sum)$/, '')} `),
      );
      expect(unknown).toEqual([]);
    },
  );

  it('has no more series after a thousand different URLs, methods, tokens and ids than after ten', async () => {
    await hostile(0, 10);
    const before = await countSeries();
    await hostile(10, 340);
    expect(await countSeries()).toBe(before);
  });
});
