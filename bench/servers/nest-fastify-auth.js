import { libraryOfApi, ofApi } from '../lib/installation.js';

const { AuthModule, Scopes } = await ofApi('auth/index.js');
const { Controller, Get, Module } = await libraryOfApi('@nestjs/common');
const { NestFactory } = await libraryOfApi('@nestjs/core');
const { FastifyAdapter } = await libraryOfApi('@nestjs/platform-fastify');

/**
 * The application of nest-fastify.js with our AuthModule, and nothing else of the API; with a `url`, it takes bound tokens
 * as well (RFC 9449).
 *
 * @param beside what another server has beside that: the class of the controller, whose `list` is to be guarded, decorators
 * of its parameters, providers, and options of Fastify
 */
export async function start({ issuer, audience, algorithm, url, scope, expenses }, beside = {}) {
  const {
    controller = listOf(expenses),
    parameters = [],
    providers = [],
    adapter = new FastifyAdapter(),
  } = beside;
  Controller()(controller);
  const descriptor = Object.getOwnPropertyDescriptor(controller.prototype, 'list');
  for (const decorate of [Get(), Scopes(scope)]) decorate(controller.prototype, 'list', descriptor);
  for (const [index, decorate] of parameters.entries()) decorate(controller.prototype, 'list', index);

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
    controllers: [controller],
    providers,
  })(AppModule);
  const app = await NestFactory.create(AppModule, adapter, { logger: ['error', 'warn'] });
  await app.listen(0, '127.0.0.1');
  return app.getHttpServer().address().port;
}

function listOf(expenses) {
  return class ExpensesController {
    list() {
      return expenses;
    }
  };
}
