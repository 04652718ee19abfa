import 'reflect-metadata';
import { ConfigService } from '@nestjs/config';
import { createWebApp } from './app.js';
import type { Config } from './config/config.module.js';
import { InvalidEnvironment, isLoopback } from './config/environment.js';

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
  if (!(error instanceof InvalidEnvironment)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
