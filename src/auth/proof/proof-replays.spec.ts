import { jest } from '@jest/globals';
import { MemoryProofReplays } from './proof-replays.js';

const START = 1_800_000_000_000;
beforeEach(() => {
  jest.useFakeTimers({ now: START, doNotFake: ['nextTick', 'performance'] });
});
afterEach(() => jest.useRealTimers());
const after = (seconds: number) => jest.setSystemTime(START + seconds * 1000);

it('a proof is good once for as long as it could live, whenever in a generation it came', () => {
  for (const start of [0, 1, 69, 70, 100, 139]) {
    after(0);
    const replays = new MemoryProofReplays(70);
    expect(replays.use('first')).toBe(true);
    after(start);
    expect(replays.use('second')).toBe(true);
    for (const age of [0, 1, 35, 69, 70]) {
      after(start + age);
      expect(replays.use('second')).toBe(false);
    }
  }
});

it('what is older than two lifetimes is forgotten', () => {
  const replays = new MemoryProofReplays(70);
  for (let second = 0; second < 1000; second += 1) {
    after(second);
    replays.use(`proof ${second}`);
    expect(replays.size).toBeLessThanOrEqual(141);
  }
  after(10_000);
  replays.use('late');
  expect(replays.size).toBe(1);
});

it('a proof that cannot be remembered is not used, and those that are known stay known', () => {
  const replays = new MemoryProofReplays(70, 2);
  expect(replays.use('a')).toBe(true);
  expect(replays.use('b')).toBe(true);
  expect(() => replays.use('c')).toThrow(
    expect.objectContaining({ problem: expect.objectContaining({ status: 503 }) }),
  );
  expect(replays.use('a')).toBe(false);
  after(200);
  expect(replays.use('c')).toBe(true);
});
