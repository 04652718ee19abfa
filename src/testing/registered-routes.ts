import type { HttpServer } from '@nestjs/common';
import { expressRoutes, fastifyRoutes, type RegisteredRoute } from '../auth/index.js';

export { type RegisteredRoute };

/**
 * Every route of an application, those included that bypass Nest's router and with it the guards.
 *
 * @param adapter of an application that is initialised, on Fastify or Express
 */
export async function registeredRoutes(adapter: HttpServer): Promise<RegisteredRoute[]> {
  const instance: unknown = adapter.getInstance();
  if (adapter.getType() === 'express') {
    const routes = expressRoutes(instance as Parameters<typeof expressRoutes>[0]);
    return routes.map(({ method, path }) => ({ method, patterns: [path] }));
  }
  const fastify = instance as Parameters<typeof fastifyRoutes>[0] & { ready(): PromiseLike<unknown> };
  await fastify.ready();
  return fastifyRoutes(fastify);
}
