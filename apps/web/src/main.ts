import 'reflect-metadata';
import { ConfigService } from '@nestjs/config';
import { createWebApp } from './app.js';
import type { Config } from './config/config.module.js';
import { isLoopback } from './config/environment.js';

try {
  const app = await createWebApp();
  app.enableShutdownHooks();
  const config: Config = app.get(ConfigService);
  const baseUrl = config.get('BASE_URL', { infer: true });
  // An application for this machine is not for the network; one with a public address is reached through it.
  const host = isLoopback(new URL(baseUrl).hostname) ? 'localhost' : '0.0.0.0';
  await app.listen(config.get('PORT', { infer: true }), host);
  process.stdout.write(`The web application is at ${baseUrl}\n`);
} catch (error) {
  process.stderr.write(`The web application cannot start. ${(error as Error).message}\n`);
  process.exit(1);
}
