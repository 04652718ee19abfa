import { jest } from '@jest/globals';

/** Everything that fake timers would replace, but for the date. */
const REAL = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;

/** Moves the clock of all programs in this process. `jest.useRealTimers()` sets it right. */
export function passTime(seconds: number): void {
  jest.useFakeTimers({ now: Date.now() + seconds * 1000, doNotFake: [...REAL] });
}
