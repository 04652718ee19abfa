import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';

/** Applies method decorators, which plain JavaScript has no syntax for. */
export function decorateMethod(target, method, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(target.prototype, method);
  for (const decorate of decorators) decorate(target.prototype, method, descriptor);
}

/** Starts a Nest module without request logging on a free port and returns the port. */
export async function listen(module, adapter) {
  const app = await NestFactory.create(module, adapter, { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  return app.getHttpServer().address().port;
}
