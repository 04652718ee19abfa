import { Logger } from '@nestjs/common';
import { startTestIssuer, type TestIssuer } from '../../testing/index.js';
import { KeysUnavailable } from '../auth.errors.js';
import type { IssuerOptions } from './issuer.options.js';
import { TrustedIssuers } from './trusted-issuers.js';

const audiences = ['https://expenses-api'];
const a: IssuerOptions = { issuerBaseUrl: 'https://a.example.com', audiences };
const b: IssuerOptions = { issuerBaseUrl: 'https://b.example.com', audiences };

const asked = (...issuers: [IssuerOptions, IssuerOptions]) =>
  new TrustedIssuers({ issuers }).scopesToAskFor(['read:reports', 'create:expenses']);

it('scopes are to be asked for as each of them writes these, and each way once', () => {
  const plain = ['read:reports', 'create:expenses'];
  expect(asked(a, b)).toStrictEqual(plain);
  expect(asked(a, { ...b, scopePrefix: 'api/' })).toStrictEqual([
    ...plain,
    'api/read:reports',
    'api/create:expenses',
  ]);
});

describe('the end of the application', () => {
  let hanging: [TestIssuer, TestIssuer];

  beforeEach(async () => {
    Logger.overrideLogger(false);
    hanging = await Promise.all([startTestIssuer(), startTestIssuer()]);
    await Promise.all(hanging.map((issuer) => issuer.fail('hang')));
  });
  afterEach(() => Promise.all(hanging.map((issuer) => issuer.close())));

  it('ends the fetches of all of them that are under way', async () => {
    const [one, other] = hanging;
    const issuers = new TrustedIssuers({
      issuers: [
        { issuerBaseUrl: one.url, audiences },
        { issuerBaseUrl: other.url, audiences },
      ],
    });
    const startedAt = performance.now();
    const fetches = Promise.allSettled(issuers.all.map(({ keys }) => keys.refresh()));
    issuers.onModuleDestroy();
    for (const fetched of await fetches) {
      expect(fetched).toMatchObject({ status: 'rejected', reason: expect.any(KeysUnavailable) });
    }
    // Each would have been given up by itself after five seconds.
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });
});
