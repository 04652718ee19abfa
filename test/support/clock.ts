import { jest } from '@jest/globals';

/** Has the clock stand still, at this time in milliseconds since 1970-01-01T00:00:00Z. */
export function stopClock(at: number): void {
  jest.spyOn(Date, 'now').mockReturnValue(at);
}

/** Has the clock tell the time again. */
export function startClock(): void {
  jest.restoreAllMocks();
}
