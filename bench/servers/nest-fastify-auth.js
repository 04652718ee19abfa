import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { AuthModule, Scopes } from '../../dist/auth/index.js';

// The module as built brings its own Nest, of the version that the others have; two in one process know nothing of each
// other.
const resolve = createRequire(new URL('../../dist/app.js', import.meta.url)).resolve;
const own = (name) => import(pathToFileURL(resolve(name)));
const { Controller, Get, Module } = await own('@nestjs/common');
const { NestFactory } = await own('@nestjs/core');
const { FastifyAdapter } = await own('@nestjs/platform-fastify');

/**
 * The application of nest-fastify.js with our AuthModule, and nothing else of the API; with a `url`, it takes bound tokens
 * as well (RFC 9449).
 */
export async function start({ issuer, audience, algorithm, url, scope, expenses }) {
  class ExpensesController {
    list() {
      return expenses;
    }
  }
  Controller()(ExpensesController);
  const descriptor = Object.getOwnPropertyDescriptor(ExpensesController.prototype, 'list');
  for (const decorate of [Get(), Scopes(scope)]) decorate(ExpensesController.prototype, 'list', descriptor);

  class AppModule {}
  Module({
    imports: [
      AuthModule.forRoot({
        issuerBaseUrl: issuer,
        audiences: [audience],
        algorithms: [algorithm],
        // An API that knows where it is takes tokens that are bound to a client's key, beside others.
        ...(url && { resourceMetadataUrl: `${url}.well-known/oauth-protected-resource` }),
      }),
    ],
    controllers: [ExpensesController],
  })(AppModule);
  const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  return app.getHttpServer().address().port;
}
