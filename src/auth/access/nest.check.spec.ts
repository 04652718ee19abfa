import { Controller, Get } from '@nestjs/common';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { MetadataScanner } from '@nestjs/core';
import { FastifyAdapter, RouteConstraints } from '@nestjs/platform-fastify';
import { SubscribeMessage } from '@nestjs/websockets';
import { jest } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { AuthModule } from '../auth.module.js';
import { Public } from './access.decorators.js';
import { strangenessOfNest } from './nest.check.js';
import { MESSAGES, PathsExplorer, ROUTE_CONSTRAINTS, RoutePathFactory } from './nest.internals.js';

class Handlers {
  @MessagePattern('a')
  message() {}

  @EventPattern('a')
  event(_data: unknown) {}

  @SubscribeMessage('a')
  subscription(_data: unknown) {}

  @Get('a')
  @RouteConstraints({ version: '1' })
  constrained() {}
}
const keysOf = (name: keyof Handlers) => Reflect.getMetadataKeys(Handlers.prototype[name]) as unknown[];

/** An application with one route, by which the start is asked for. */
async function start(): Promise<void> {
  @Controller()
  class OpenController {
    @Get()
    @Public()
    get() {}
  }
  const auth = AuthModule.forRoot({ issuerBaseUrl: 'http://localhost:1', audiences: ['a'] });
  const module = await Test.createTestingModule({ imports: [auth], controllers: [OpenController] }).compile();
  const app = module.createNestApplication(new FastifyAdapter(), { logger: false });
  await app.init().finally(() => app.close());
}

afterEach(() => jest.restoreAllMocks());

describe('of Nest as it is installed', () => {
  it('nothing is otherwise than the access control knows it', async () => {
    expect(await strangenessOfNest()).toEqual([]);
    await start();
  });

  it('the real decorators leave what is looked for', () => {
    const [pattern, mapping] = MESSAGES.map(({ key }) => key);
    expect(keysOf('message')).toContain(pattern);
    expect(keysOf('event')).toContain(pattern);
    expect(keysOf('subscription')).toContain(mapping);
    expect(keysOf('constrained')).toContain(ROUTE_CONSTRAINTS.key);
  });
});

describe('a Nest that has something otherwise keeps the application from starting', () => {
  it.each([...MESSAGES, ROUTE_CONSTRAINTS])('a metadata key of $library', async ({ library, constant }) => {
    const sentence = `${library} has ${constant} of its constants.js otherwise than AuthModule knows it`;
    for (const changed of [{ [constant]: 'renamed' }, { [constant]: undefined }]) {
      const load = async (name: string) => ({
        ...((await import(name)) as object),
        ...(name === `${library}/constants.js` && changed),
      });
      expect(await strangenessOfNest(load)).toEqual([expect.stringContaining(sentence)]);
    }
    const withoutFile = (name: string) =>
      name === `${library}/constants.js` ? Promise.reject(new Error('not found')) : import(name);
    expect(await strangenessOfNest(withoutFile)).toEqual([expect.stringContaining(sentence)]);
  });

  it('but not one that lacks the packages', async () => {
    expect(await strangenessOfNest(() => Promise.reject(new Error('not found')))).toEqual([]);
  });

  it('routes in another form, or none', async () => {
    const sentence = /@nestjs\/common and @nestjs\/core keep routes otherwise than AuthModule knows it/;
    const explorer = new PathsExplorer(new MetadataScanner());
    const [route] = explorer.scanForPaths(Handlers.prototype, Handlers.prototype);
    const scan = jest.spyOn(PathsExplorer.prototype, 'scanForPaths');
    for (const found of [[], [{ ...route!, path: route!.path[0] as never }]]) {
      scan.mockReturnValue(found);
      await expect(start()).rejects.toThrow(sentence);
    }
    scan.mockRestore();
    jest.spyOn(RoutePathFactory.prototype, 'create').mockReturnValue(['/']);
    await expect(start()).rejects.toThrow(sentence);
  });
});
