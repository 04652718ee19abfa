import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { issuerFaults, startTestIssuer, type TestIssuer } from '../../testing/index.js';
import { InvalidToken, KeysUnavailable } from '../auth.errors.js';
import { principalRulesOf } from '../issuers/issuer.rules.js';
import { TrustedIssuers } from '../issuers/trusted-issuers.js';
import { toPrincipal } from '../token/principal.js';
import { SigningKeys, type SigningKeysOptions } from './signing-keys.js';
import { VerifiedTokens } from '../token/verified-tokens.js';

const MINUTE = 60_000;

let issuer: TestIssuer;
let keys: SigningKeys | undefined;

// The clock of the keys stands still unless told; network and its time-outs are real.
beforeEach(async () => {
  Logger.overrideLogger(false);
  issuer = await startTestIssuer();
  jest.useFakeTimers({
    doNotFake: [
      'Date',
      'nextTick',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
      'queueMicrotask',
      'hrtime',
    ],
  });
});

afterEach(async () => {
  keys?.stop();
  jest.useRealTimers();
  await issuer?.close();
});

function make(options: Partial<SigningKeysOptions> = {}): SigningKeys {
  keys = new SigningKeys({ issuerBaseUrl: issuer.url, ...options });
  return keys;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

const advance = (ms: number) => jest.advanceTimersByTime(ms);
const find = async (kid?: string) => (keys as SigningKeys).find(kid, 'RS256');
const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'found',
    (error: unknown) => error,
  );

describe('a schedule', () => {
  it('fetches keys after the start without holding it up', async () => {
    make().start();
    expect(keys?.status()).toMatchObject({ usable: false, stale: false, ageSeconds: undefined, count: 0 });
    advance(0);
    await until(() => keys?.status().usable === true);
    expect(keys?.status()).toMatchObject({ usable: true, stale: false, count: 1 });
    expect(issuer.requests).toStrictEqual({ discovery: 1, keys: 1 });
  });

  it('fetches keys anew within ten minutes, in the background, and without discovery', async () => {
    await make().refresh();
    advance(7 * MINUTE);
    expect(issuer.requests.keys).toBe(1);
    advance(2 * MINUTE + 1);
    await until(() => issuer.requests.keys === 2);
    expect(issuer.requests.discovery).toBe(1);
  });

  it.each([
    ['max-age=300', 4 * MINUTE - 1, 4.5 * MINUTE],
    ['max-age=1', 48_000 - 1, 54_000],
    ['no-store', 48_000 - 1, 54_000],
    ['max-age=31536000', 48 * MINUTE - 1, 54 * MINUTE],
  ])('follows Cache-Control between a minute and an hour: %s', async (cacheControl, notYet, byThen) => {
    issuer.cacheControl = cacheControl;
    await make().refresh();
    advance(notYet);
    for (let index = 0; index < 20; index++) await turn();
    expect(issuer.requests.keys).toBe(1);
    advance(byThen - notYet);
    await until(() => issuer.requests.keys === 2);
    expect(issuer.requests.keys).toBe(2);
  });

  it('finds rotated keys by itself, whatever unknown kids were asked for', async () => {
    await make().refresh();
    await reasonOf(find('unknown'));
    await issuer.rotateKeys({ keepOld: true });
    expect(await reasonOf(find(issuer.signingKey.kid))).toBeInstanceOf(InvalidToken);
    advance(10 * MINUTE);
    await until(() => keys?.status().count === 2);
    expect(await find(issuer.signingKey.kid)).toHaveLength(1);
  });

  it('ends when the application closes', async () => {
    await make().refresh();
    keys?.stop();
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('an unknown kid', () => {
  it('causes one fetch per cool-down', async () => {
    await make().refresh();
    for (let index = 0; index < 10; index++) {
      expect(await reasonOf(find(`unknown-${index}`))).toMatchObject({ reason: 'unknown_key' });
    }
    expect(issuer.requests.keys).toBe(2);
    advance(29_999);
    await reasonOf(find('another'));
    expect(issuer.requests.keys).toBe(2);
    advance(1);
    await reasonOf(find('another'));
    expect(issuer.requests.keys).toBe(3);
  });

  it('is remembered, so that asking again for it causes none', async () => {
    await make({ keyCooldownMs: 20_000 }).refresh();
    await reasonOf(find('unknown'));
    advance(25_000);
    expect(await reasonOf(find('unknown'))).toMatchObject({ reason: 'unknown_key' });
    expect(issuer.requests.keys).toBe(2);
  });

  it('is looked for again by a token of another algorithm', async () => {
    await make({ keyCooldownMs: 20_000, algorithms: ['RS256', 'ES256'] }).refresh();
    await reasonOf(find('late'));
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    issuer.additionalKeys.push({ ...publicKey.export({ format: 'jwk' }), kid: 'late' });
    advance(25_000);
    expect(await keys?.find('late', 'ES256')).toHaveLength(1);
  });

  it('is found when it has become known', async () => {
    await make().refresh();
    await issuer.rotateKeys();
    expect(await find(issuer.signingKey.kid)).toHaveLength(1);
  });

  it('is no reason to say that tokens cannot be judged, once it was looked for', async () => {
    await make().refresh();
    await reasonOf(find('unknown'));
    await issuer.fail('server-error');
    await reasonOf((keys as SigningKeys).refresh());
    expect(await reasonOf(find('unknown'))).toMatchObject({ reason: 'unknown_key' });
    expect(await reasonOf(find('never-seen'))).toBeInstanceOf(KeysUnavailable);
  });
});

describe('failures', () => {
  it('make the next try wait longer each time, and at most a minute while there are keys', async () => {
    await make().refresh();
    await issuer.fail('server-error');
    const pauses: number[] = [];
    await reasonOf((keys as SigningKeys).refresh());
    for (let index = 0; index < 9; index++) {
      const before = performance.now();
      jest.advanceTimersToNextTimer();
      pauses.push(performance.now() - before);
      await until(() => jest.getTimerCount() === 2);
    }
    expect(pauses[0]).toBeLessThanOrEqual(500);
    expect(Math.max(...pauses)).toBeGreaterThan(20_000);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(60_000);
    expect(keys?.status()).toMatchObject({ usable: true, stale: true });
  });

  it('are told to all who wait, and cost one fetch', async () => {
    await issuer.fail('server-error');
    make();
    const errors = await Promise.all(Array.from({ length: 50 }, () => reasonOf(find('a'))));
    for (const error of errors) expect(error).toBeInstanceOf(KeysUnavailable);
    expect(issuer.requests.discovery).toBe(1);
  });

  it('do not make keys go away before their limit', async () => {
    await make({ keyMaxStaleSeconds: 3600 }).refresh();
    await issuer.fail('server-error');
    advance(59 * MINUTE);
    for (let turns = 0; turns < 30; turns++) await turn();
    expect(await find(issuer.signingKey.kid)).toHaveLength(1);
    advance(1 * MINUTE);
    expect(await reasonOf(find(issuer.signingKey.kid))).toBeInstanceOf(KeysUnavailable);
    expect(keys?.status()).toMatchObject({ usable: false, count: 0 });
  });

  it('make keys go away by the age of the last fetch, and not of an earlier one', async () => {
    await make({ keyMaxStaleSeconds: 3600 }).refresh();
    advance(5 * MINUTE);
    await keys?.refresh();
    await issuer.fail('server-error');
    advance(59 * MINUTE);
    expect(keys?.status().usable).toBe(true);
    advance(1 * MINUTE);
    expect(keys?.status().usable).toBe(false);
  });

  it('are told by the status as soon as there is one, and until a fetch succeeds', async () => {
    await make().refresh();
    await issuer.fail('server-error');
    await reasonOf((keys as SigningKeys).refresh());
    expect(keys?.status()).toMatchObject({ usable: true, stale: true });
    await issuer.recover();
    await keys?.refresh();
    expect(keys?.status()).toMatchObject({ usable: true, stale: false });
  });

  it.each(issuerFaults.filter((fault) => fault !== 'hang'))(
    'are told with their cause and a time to try again: %s',
    async (fault) => {
      await issuer.fail(fault);
      const error = (await reasonOf(make().refresh())) as KeysUnavailable;
      expect(error).toBeInstanceOf(KeysUnavailable);
      expect(error.cause).toHaveProperty('message'); // an error of another realm, for some
      expect(Number(error.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    },
  );
});

describe('a key set', () => {
  it('may hold members that cannot be used', async () => {
    issuer.additionalKeys.push(
      null,
      'x',
      { kty: 'oct', k: 'AA', kid: 'oct' },
      { kty: 'RSA', kid: 'broken', n: '!', e: 'AQAB' },
    );
    await make().refresh();
    expect(keys?.status().count).toBe(1);
    expect(await reasonOf(find('oct'))).toMatchObject({ reason: 'unknown_key' });
    expect(await reasonOf(find('broken'))).toMatchObject({ reason: 'unknown_key' });
  });

  it('offers keys without kid to tokens that name none of the others, and all keys to tokens without kid', async () => {
    const { kid: _kid, ...nameless } = (await newJwk()) as Record<string, unknown>;
    issuer.additionalKeys.push(nameless);
    await issuer.rotateKeys();
    await make().refresh();
    expect(await find(issuer.signingKey.kid)).toHaveLength(1);
    expect(await find('of-nobody')).toHaveLength(1);
    expect(await find()).toHaveLength(2);
  });

  it('offers no more than a few keys, so that a token cannot cost many verifications', async () => {
    const { kid: _kid, ...nameless } = (await newJwk()) as Record<string, unknown>;
    issuer.additionalKeys.push(...Array.from({ length: 50 }, () => nameless));
    await make().refresh();
    expect(((await find()) as unknown[]).length).toBeLessThanOrEqual(8);
    expect(((await find('of-nobody')) as unknown[]).length).toBeLessThanOrEqual(8);
  });
});

async function newJwk(): Promise<unknown> {
  const { keys: members } = (await (await fetch(`${issuer.url}.well-known/jwks.json`)).json()) as {
    keys: unknown[];
  };
  issuer.requests.keys -= 1;
  return members[0];
}

describe('a fixed address of the key set', () => {
  it('makes discovery needless', async () => {
    await make({ jwksUri: `${issuer.url}.well-known/jwks.json` }).refresh();
    expect(keys?.issuers).toStrictEqual([issuer.url]);
    expect(issuer.requests).toStrictEqual({ discovery: 0, keys: 1 });
  });

  it('goes with the exact issuer that is configured', () => {
    make({ jwksUri: 'https://keys.example.com/', issuer: 'https://a.example.com' });
    expect(keys?.issuers).toStrictEqual(['https://a.example.com']);
  });
});

describe('listeners', () => {
  it('hear which keys are current when some have left, and nothing when none have', async () => {
    await make().refresh();
    const [first] = (await find(issuer.signingKey.kid)) as [never];
    const heard: boolean[] = [];
    keys?.onChange((isCurrent) => heard.push(isCurrent(first)));
    await issuer.rotateKeys({ keepOld: true });
    await keys?.refresh();
    expect(heard).toStrictEqual([]);
    issuer.withdrawOldKeys();
    await keys?.refresh();
    expect(heard).toStrictEqual([false]);
  });
});

describe('a key that is not in the set', () => {
  it('is looked for again when the fetch under way began before it was published', async () => {
    await make().refresh();
    const flight = keys?.refresh();
    await until(() => issuer.requests.keys === 2);
    issuer.additionalKeys.push({ ...foreignJwk(), kid: 'late' });
    await expect(find('late')).resolves.toHaveLength(1);
    await flight;
    expect(issuer.requests.keys).toBe(3);
  });

  it('is taken for one without a name when the issuer cannot be asked', async () => {
    issuer.additionalKeys.push(foreignJwk());
    await make().refresh();
    await issuer.fail('server-error');
    await reasonOf((keys as SigningKeys).refresh());
    await expect(find('unknown')).resolves.toHaveLength(1);
  });
});

it('a token is not remembered when its key left the set during the verification', async () => {
  const options = { issuerBaseUrl: issuer.url, audiences: [] };
  const issuers = new TrustedIssuers(options);
  const [trusted] = issuers.all;
  keys = trusted.keys;
  await keys.refresh();
  const remembered = new VerifiedTokens(options, issuers);
  const claims = { sub: 'alice', exp: Date.now() / 1000 + 60 };
  const principal = toPrincipal(claims, trusted.name, principalRulesOf({}));
  const token = issuer.tokenFor();
  const foreign = createPublicKey({ format: 'jwk', key: foreignJwk() });
  remembered.add(token, principal, { key: foreign, algorithm: 'RS256' });
  expect(remembered.find(token)).toBeUndefined();
  const [current] = await find();
  remembered.add(token, principal, current!);
  expect(remembered.find(token)).toBe(principal);
});

function foreignJwk() {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
}
