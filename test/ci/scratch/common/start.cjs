// Starts an application, and prints why it does not: `node start.cjs express import`, or `require` for CommonJS.
require('reflect-metadata');

const [platform, how] = process.argv.slice(2);
const load = (name) => (how === 'import' ? import(name) : require(name));

async function start() {
  const { Controller, Get, Module } = await load('@nestjs/common');
  const { NestFactory } = await load('@nestjs/core');
  const { AuthModule, Public } = await load('nest-resource-server');
  const adapters = await load(`@nestjs/platform-${platform}`);
  class OpenController {
    get() {}
  }
  const descriptor = Object.getOwnPropertyDescriptor(OpenController.prototype, 'get');
  for (const decorate of [Get(), Public()]) decorate(OpenController.prototype, 'get', descriptor);
  Controller()(OpenController);
  class AppModule {}
  const auth = AuthModule.forRoot({ issuerBaseUrl: 'http://localhost:1', audiences: ['a'] });
  Module({ imports: [auth], controllers: [OpenController] })(AppModule);
  const adapter = platform === 'express' ? new adapters.ExpressAdapter() : new adapters.FastifyAdapter();
  const app = await NestFactory.create(AppModule, adapter, { logger: false, abortOnError: false });
  await app.init();
  await app.close();
}

start().then(
  () => console.log('started'),
  (error) => console.log(`refused: ${error.message}`),
);
