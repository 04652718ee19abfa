import 'reflect-metadata';
import { ConfigService } from '@nestjs/config';
import { createWebApp } from './app.js';
import type { Config } from './config/config.module.js';
import { isLoopback } from './config/environment.js';
import { stopOnSignals } from './process/graceful-stop.js';
import { explainStartFailure } from './process/start-failure.js';

try {
  const app = await createWebApp();
  const config: Config = app.get(ConfigService);
  stopOnSignals(app, {
    graceSeconds: config.get('SHUTDOWN_GRACE', { infer: true }),
    timeoutSeconds: config.get('SHUTDOWN_TIMEOUT', { infer: true }),
  });
  const baseUrl = config.get('BASE_URL', { infer: true });
  // An application for this machine is not for the network; one with a public address is reached through it.
  const host = isLoopback(new URL(baseUrl).hostname) ? 'localhost' : '0.0.0.0';
  await app.listen(config.get('PORT', { infer: true }), host);
  process.stdout.write(`The web application is at ${baseUrl}\n`);
} catch (error) {
  process.stderr.write(`The web application cannot start. ${explainStartFailure(error)}\n`);
  process.exit(1);
}
