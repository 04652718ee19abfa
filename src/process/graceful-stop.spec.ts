import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createServer } from 'node:http';
import { endOnSignals, stopOnSignals } from './graceful-stop.js';

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** A signal that has arrived is called when the event loop comes to it, and lost when its listener is removed before. */
it('a signal that arrives while the application takes over is not lost: its listener stays', () => {
  const before = new Map(SIGNALS.map((signal) => [signal, process.listeners(signal)]));
  const own = () =>
    SIGNALS.map((signal) => process.listeners(signal).filter((one) => !before.get(signal)!.includes(one)));
  endOnSignals();
  const listeners = own();
  try {
    const server = createServer();
    const app = { getHttpServer: () => server } as unknown as NestFastifyApplication;
    stopOnSignals(app, { graceSeconds: 0, timeoutSeconds: 1 });
    expect(listeners.map(({ length }) => length)).toStrictEqual([1, 1, 1]);
    expect(own()).toStrictEqual(listeners);
  } finally {
    for (const [index, signal] of SIGNALS.entries()) {
      for (const listener of own()[index]!) process.removeListener(signal, listener);
    }
    for (const signal of ['SIGUSR1', 'SIGUSR2']) process.removeAllListeners(signal);
  }
});
