import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Server } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { AuthModule, TokenVerifier } from './index.js';
import { InvalidAuthOptions } from './auth.options.schema.js';

const options = (name: string) => ({ issuerBaseUrl: `https://${name}.example.com`, audiences: [name] });
const auth = (name = 'plants') => AuthModule.forRoot(options(name));

/** An application of two modules that import these. */
async function start(first: DynamicModule, second: DynamicModule | Type) {
  @Module({ imports: [first] })
  class PlantsModule {}
  @Module({ imports: [PlantsModule, second] })
  class GardenModule {}
  const module = await Test.createTestingModule({ imports: [GardenModule] }).compile();
  return module.createNestApplication(new FastifyAdapter(), { logger: false }).init();
}

describe('AuthModule, whose options are given in two places of an application', () => {
  it.each<[string, DynamicModule]>([
    ['that differ', auth('animals')],
    ['that are the same', auth()],
    [
      'of which one comes from a factory',
      AuthModule.forRootAsync({ useFactory: () => Promise.resolve(options('animals')) }),
    ],
  ])('does not start, by options %s, and says which places', async (_title, second) => {
    const error: unknown = await start(auth(), second).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidAuthOptions);
    expect((error as Error).message).toContain('given 2 times, in PlantsModule and in GardenModule: ');
  });
});

describe('AuthModule, whose options are given once', () => {
  it('serves an application that has messages only, and one without any server', async () => {
    @Module({ imports: [auth()] })
    class MessagesModule {}
    const logger = { logger: false, abortOnError: false } as const;
    const strategy = new (class extends Server {
      listen = (done: () => void) => done();
      close() {}
      on() {}
      unwrap(): never {
        throw new Error('There is nothing behind it');
      }
    })();
    const microservice = await NestFactory.createMicroservice(MessagesModule, { strategy, ...logger });
    const apps = [
      await microservice.init(),
      await NestFactory.createApplicationContext(MessagesModule, logger),
    ];
    for (const app of apps) {
      expect(app.get(TokenVerifier, { strict: false })).toBeInstanceOf(TokenVerifier);
      await app.close();
    }
  });

  it('may be imported in several places', async () => {
    const once = auth();
    const app = await start(once, once);
    expect(app.get(TokenVerifier, { each: true, strict: false })).toHaveLength(1);
    await app.close();
  });

  it('does not mind other applications of the process', async () => {
    const apps = [await start(auth(), class {}), await start(auth('animals'), class {})];
    expect(apps).toHaveLength(2);
    await Promise.all(apps.map((app) => app.close()));
  });
});
