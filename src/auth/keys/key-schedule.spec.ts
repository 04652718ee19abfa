import * as fc from 'fast-check';
import { backOffMs, refreshAfterMs } from './key-schedule.js';

it('keys are fetched anew before their age limit, held between a minute and an hour', () => {
  fc.assert(
    fc.property(fc.oneof(fc.nat(), fc.constantFrom(0, -1, 59, 60, 3600, 1e12)), (maxAgeSeconds) => {
      const limitMs = Math.min(3600, Math.max(60, maxAgeSeconds)) * 1000;
      const afterMs = refreshAfterMs(maxAgeSeconds);
      expect(afterMs).toBeGreaterThanOrEqual(limitMs * 0.8);
      expect(afterMs).toBeLessThan(limitMs);
    }),
  );
});

it('keys are fetched anew within ten minutes when the issuer does not say', () => {
  expect(refreshAfterMs()).toBeGreaterThanOrEqual(480_000);
  expect(refreshAfterMs()).toBeLessThan(600_000);
});

it('processes that start together do not fetch together', () => {
  expect(new Set(Array.from({ length: 20 }, () => refreshAfterMs())).size).toBeGreaterThan(10);
  expect(new Set(Array.from({ length: 20 }, () => backOffMs(3, true))).size).toBeGreaterThan(10);
});

it.each([
  [false, 4000],
  [true, 60_000],
])('pauses grow up to a limit (with keys: %s, %i ms)', (hasKeys, longestMs) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), (failures) => {
      const fullMs = Math.min(longestMs, 500 * 2 ** (failures - 1));
      const pauseMs = backOffMs(failures, hasKeys);
      expect(pauseMs).toBeGreaterThanOrEqual(fullMs / 2);
      expect(pauseMs).toBeLessThanOrEqual(fullMs);
    }),
  );
});
