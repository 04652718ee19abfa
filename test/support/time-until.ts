import { setTimeout as delay } from 'node:timers/promises';

/** Waits until something holds, and throws when it has not after `limitMs`. @returns the milliseconds that it took */
export async function timeUntil(holds: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<number> {
  const startedAt = performance.now();
  while (!(await holds())) {
    if (performance.now() - startedAt > limitMs) throw new Error(`It did not come to hold: ${String(holds)}`);
    await delay(50);
  }
  return Math.round(performance.now() - startedAt);
}
