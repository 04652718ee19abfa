import { SigningKeys } from '../../src/auth/index.js';
import {
  type IssuerFault,
  issuerFaults,
  startTestIssuer,
  type TestApp,
  type TestIssuer,
} from '../../src/testing/index.js';
import { createAuthApp } from '../support/auth-app.js';
import {
  expectExpenses,
  expectInvalidToken,
  expectMissingToken,
  expectOtherProblem,
} from '../support/refusal.js';

const read = { scopes: ['read:reports'] };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What happened to an application that was started while its issuer failed. */
interface Outage {
  readonly issuer: TestIssuer;
  readonly api: TestApp;
  readonly startMs: number;
}

async function startDuring(fault: IssuerFault, document?: 'discovery' | 'keys'): Promise<Outage> {
  const issuer = await startTestIssuer();
  await issuer.fail(fault, document);
  const started = performance.now();
  const api = await createAuthApp(issuer);
  return { issuer, api, startMs: performance.now() - started };
}

async function end({ issuer, api }: Outage): Promise<void> {
  await api.close();
  await issuer.close();
}

async function expectUnavailable({ api }: Outage, token: string): Promise<void> {
  const started = performance.now();
  const answer = await api.get('/secured', token);
  expectOtherProblem(answer, 503, 'keys_unavailable');
  expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(5);
  expect(performance.now() - started).toBeLessThan(6000);
}

/** Milliseconds until a valid token is accepted. */
async function recoveryMs({ issuer, api }: Outage): Promise<number> {
  const started = performance.now();
  while ((await api.get('/secured', issuer.tokenFor(read))).statusCode !== 200) await pause(50);
  return performance.now() - started;
}

/** An outage from before the start until after the issuer's return. */
async function liveThrough(fault: IssuerFault, document?: 'discovery' | 'keys') {
  const outage = await startDuring(fault, document);
  try {
    await expectUnavailable(outage, outage.issuer.tokenFor(read));
    // Long enough for the pauses between two tries to be at their longest.
    await pause(5000);
    await outage.issuer.recover();
    return await recoveryMs(outage);
  } finally {
    await end(outage);
  }
}

describe('an issuer that cannot be used when the process starts', () => {
  const onlyKeys = issuerFaults.filter((fault) => fault !== 'refuse' && fault !== 'wrong-issuer');
  let both: Promise<number>[];
  let keys: Promise<number>[];

  // All at once, as they are nothing but waiting.
  beforeAll(async () => {
    both = issuerFaults.map((fault) => liveThrough(fault));
    keys = onlyKeys.map((fault) => liveThrough(fault, 'keys'));
    await Promise.allSettled([...both, ...keys]);
  }, 60_000);

  it.each(issuerFaults)('makes requests fail with 503 until it is back, and no longer: %s', async (fault) => {
    expect(await both[issuerFaults.indexOf(fault)]).toBeLessThan(5000);
  });

  it.each(onlyKeys)('does the same when it fails for its keys only: %s', async (fault) => {
    expect(await keys[onlyKeys.indexOf(fault)]).toBeLessThan(5000);
  });
});

describe('while there are no keys', () => {
  let outage: Outage;

  beforeAll(async () => {
    outage = await startDuring('server-error');
  });

  afterAll(() => outage && end(outage));

  it('the process starts without waiting for them', async () => {
    const hanging = await startDuring('hang');
    expect(hanging.startMs).toBeLessThan(4000);
    await end(hanging);
  });

  it('a request without token is told so', async () => {
    expectMissingToken(await outage.api.get('/secured'));
  });

  it('what is public is answered', async () => {
    expect((await outage.api.get('/secured/open')).statusCode).toBe(200);
  });

  it('what can be known without keys is refused as ever', async () => {
    const { issuer, api } = outage;
    const send = (token: string) => api.get('/secured', token);
    const now = Math.floor(Date.now() / 1000);
    expectInvalidToken(await send('abc'), 'malformed_token');
    expectInvalidToken(
      await send(issuer.sign({ alg: 'RS512' }, issuer.claims(read))),
      'unsupported_algorithm',
    );
    expectInvalidToken(await send(issuer.tokenFor({ ...read, exp: now - 60 })), 'token_expired');
    expectInvalidToken(
      await send(issuer.tokenFor({ ...read, iss: 'https://other.example.com/' })),
      'wrong_issuer',
    );
    expectInvalidToken(await send(issuer.tokenFor({ ...read, aud: 'https://other-api' })), 'wrong_audience');
    expectInvalidToken(await send(issuer.tokenFor({ ...read, nonce: 'a' })), 'not_an_access_token');
  });

  it('what cannot be known without keys is 503, forged or not', async () => {
    const { issuer } = outage;
    await expectUnavailable(outage, issuer.sign({ kid: 'unknown' }, issuer.claims(read)));
    await expectUnavailable(outage, issuer.tokenFor(read).replace(/[^.]+$/, 'AAAA'));
  });

  it('many requests do not make us call the issuer more often', async () => {
    const { issuer } = outage;
    const before = issuer.requests.discovery;
    await Promise.all(Array.from({ length: 100 }, () => outage.api.get('/secured', issuer.tokenFor(read))));
    expect(issuer.requests.discovery - before).toBeLessThanOrEqual(2);
  });
});

describe('an issuer that fails while its keys are known', () => {
  it.each(issuerFaults.filter((fault) => fault !== 'hang'))(
    'is not noticed by clients: %s',
    async (fault) => {
      const issuer = await startTestIssuer();
      const api = await createAuthApp(issuer);
      try {
        const remembered = issuer.tokenFor(read);
        expectExpenses(await api.get('/secured', remembered));
        await issuer.fail(fault);
        await api.app
          .get(SigningKeys)
          .refresh()
          .catch(() => undefined);
        for (const token of [remembered, issuer.tokenFor(read), issuer.tokenFor(read)]) {
          expectExpenses(await api.get('/secured', token));
        }
        expectInvalidToken(await api.get('/secured', remembered.replace(/[^.]+$/, 'AAAA')), 'bad_signature');
        expectMissingToken(await api.get('/secured'));
      } finally {
        await api.close();
        await issuer.close();
      }
    },
  );

  it('is not noticed while a fetch hangs', async () => {
    const issuer = await startTestIssuer();
    const api = await createAuthApp(issuer);
    try {
      expectExpenses(await api.get('/secured', issuer.tokenFor(read)));
      await issuer.fail('hang');
      const fetching = api.app
        .get(SigningKeys)
        .refresh()
        .catch(() => 'failed');
      const started = performance.now();
      expectExpenses(await api.get('/secured', issuer.tokenFor(read)));
      expect(performance.now() - started).toBeLessThan(2000);
      await expect(fetching).resolves.toBe('failed');
    } finally {
      await api.close();
      await issuer.close();
    }
  }, 20_000);

  it('is noticed when the keys are too old to be trusted, by remembered tokens as well', async () => {
    const issuer = await startTestIssuer();
    const api = await createAuthApp(issuer, { auth: { keyMaxStaleSeconds: 1 } });
    try {
      const remembered = issuer.tokenFor(read);
      expectExpenses(await api.get('/secured', remembered));
      await issuer.fail('server-error');
      expectExpenses(await api.get('/secured', remembered));
      await pause(1200);
      expectOtherProblem(await api.get('/secured', remembered), 503, 'keys_unavailable');
      expect(api.app.get(SigningKeys).status()).toMatchObject({ usable: false, count: 0 });
      await issuer.recover();
      expect(await recoveryMs({ issuer, api, startMs: 0 })).toBeLessThan(5000);
      expectExpenses(await api.get('/secured', remembered));
    } finally {
      await api.close();
      await issuer.close();
    }
  });
});
