import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { examine } from '../../src/cli/doctor/doctor.js';
import { parseEnvironment } from '../../src/config/environment.js';
import { createTestApp, startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';

let issuer: TestIssuer;
let app: TestApp | undefined;
const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);

beforeAll(async () => {
  issuer = await startTestIssuer();
});
afterEach(() => app?.close());
afterAll(async () => {
  warn.mockRestore();
  await issuer?.close();
});

/** Starts the API, and sends requests as a proxy at 127.0.0.1 passes them on. */
async function listen(TRUST_PROXY: string) {
  warn.mockClear();
  app = await createTestApp({ issuer, variables: { TRUST_PROXY } });
  const url = (await app.listen()).replace('[::1]', '127.0.0.1').replace('localhost', '127.0.0.1');
  const viaProxy = (client: string) =>
    fetch(`${url}/health/live`, { headers: { 'x-forwarded-for': client } });
  const readiness = async () => {
    const answer = await fetch(`${url}/health/ready`);
    return (await answer.json()) as { status: string; details: Record<string, unknown> };
  };
  return { url, viaProxy, readiness };
}

const warnings = () =>
  warn.mock.calls.map(String).filter((line) => line.startsWith('X-Forwarded-For comes from'));

async function doctorOn(url: string) {
  const findings = await examine(() =>
    parseEnvironment({
      BASE_URL: url,
      ISSUER_BASE_URL: issuer.url,
      ALLOWED_AUDIENCES: 'https://expenses-api',
      DATABASE_URL: 'postgres://127.0.0.1:9/none',
    }),
  );
  return findings.filter(({ check }) => check === 'proxy').map(({ status }) => status);
}

describe('a proxy that TRUST_PROXY does not name', () => {
  it('is warned of once in the log, told in readiness, and found by doctor', async () => {
    const { url, viaProxy, readiness } = await listen('10.0.0.0/8');
    expect((await readiness()).details).not.toHaveProperty('clientAddresses');
    expect(await doctorOn(url)).toEqual(['ok']);
    for (const client of ['203.0.113.1', '203.0.113.2', 'unknown']) await viaProxy(client);
    expect(warnings()).toEqual([expect.stringContaining('from 127.0.0.1, which TRUST_PROXY does not name')]);
    expect(warnings().join()).not.toContain('203.0.113');
    // Any client can write the header, so it changes nothing of what a balancer goes by.
    expect(await readiness()).toMatchObject({
      details: { clientAddresses: { status: 'up', unnamedProxy: true } },
    });
    expect(await doctorOn(url)).toEqual(['warning']);
  });

  it('is not meant when it is named', async () => {
    const { url, viaProxy, readiness } = await listen('127.0.0.1');
    await viaProxy('203.0.113.1');
    expect(warnings()).toEqual([]);
    expect((await readiness()).details).not.toHaveProperty('clientAddresses');
    expect(await doctorOn(url)).toEqual(['ok']);
  });

  it('is not found by doctor while the API does not run', async () => {
    expect(await doctorOn('http://127.0.0.1:9')).toEqual([]);
  });
});
