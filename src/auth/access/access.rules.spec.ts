import { Controller, Get, Logger, Module, Post, type DynamicModule, type Type } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer, RouterModule } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { jest } from '@jest/globals';
import { Test } from '@nestjs/testing';
import {
  AnyScope,
  Authenticated,
  Direct,
  OptionalScopes,
  Public,
  Scopes,
  StepUp,
} from './access.decorators.js';
import { AccessRules, InvalidAccessDeclarations } from './access.rules.js';
import { AuthModule } from '../auth.module.js';
import { definePermissions } from './permissions.js';

const samples = definePermissions({ 'read:samples': 'Read samples', 'write:samples': 'Change samples' });

@Controller('samples')
@Scopes('read:samples')
class SamplesController {
  @Get()
  list(this: void) {}

  @Get(':id')
  @OptionalScopes('write:samples')
  find() {}

  @Post()
  @Scopes('read:samples', 'write:samples')
  create() {}

  @Get('about')
  @Public()
  about() {}
}

@Module({ imports: [AuthModule.forFeature(samples)], controllers: [SamplesController] })
class SamplesModule {}

const all = (...scopes: string[]) => ({ kind: 'scopes', mode: 'all', scopes });

async function rulesOf(
  imports: (Type | DynamicModule)[],
  controllers: Type[] = [],
  config?: (c: ApplicationConfig) => void,
) {
  const module = await Test.createTestingModule({ imports, controllers }).compile();
  const applicationConfig = new ApplicationConfig();
  config?.(applicationConfig);
  const rules = new AccessRules(module.get(ModulesContainer), applicationConfig);
  const start = () => {
    rules.onModuleInit();
    return rules;
  };
  return { start, faults: () => faultsOf(start) };
}

function faultsOf(start: () => unknown): readonly string[] {
  try {
    start();
  } catch (error) {
    if (error instanceof InvalidAccessDeclarations) return error.faults;
    throw error;
  }
  return [];
}

describe('AccessRules', () => {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});

  afterEach(() => warn.mockClear());
  afterAll(() => warn.mockRestore());

  it('lists every route with its rule; a method overrides its class', async () => {
    const { routes } = (await rulesOf([SamplesModule])).start();
    expect(
      routes.map(({ method, path, rule, optionalScopes }) => [method, path, rule, optionalScopes]),
    ).toEqual([
      ['GET', '/samples', all('read:samples'), []],
      ['POST', '/samples', all('read:samples', 'write:samples'), []],
      ['GET', '/samples/:id', all('read:samples'), ['write:samples']],
      ['GET', '/samples/about', { kind: 'public' }, []],
    ]);
  });

  it('knows the paths of the router: global prefix, module path and several paths', async () => {
    @Controller(['a', 'b'])
    @Public()
    class TwoPaths {
      @Get(['x', 'y'])
      get() {}
    }
    @Module({ controllers: [TwoPaths] })
    class Inner {}
    const { start } = await rulesOf(
      [Inner, RouterModule.register([{ path: 'inner', module: Inner }])],
      [],
      (config) => config.setGlobalPrefix('api'),
    );
    expect(start().routes.map(({ path }) => path)).toEqual([
      '/api/inner/a/x',
      '/api/inner/a/y',
      '/api/inner/b/x',
      '/api/inner/b/y',
    ]);
  });

  it('knows the route of a function that a tracer has put in the place of its method, by the metadata that it copies', async () => {
    const rules = (await rulesOf([SamplesModule])).start();
    const method = SamplesController.prototype.list;
    const ofTracer = (keys: unknown[]) => {
      const wrapper = jest.fn();
      for (const key of keys) Reflect.defineMetadata(key, Reflect.getMetadata(key, method), wrapper);
      const context = new ExecutionContextHost([], SamplesController, wrapper);
      context.setType('http');
      return rules.of(context);
    };
    expect(ofTracer(Reflect.getMetadataKeys(method))).toEqual(all('read:samples'));
    expect(ofTracer([])).toBeUndefined();
  });

  it('refuses a route without declaration and one with two, and lists them together', async () => {
    @Controller()
    class Faulty {
      @Get('none')
      none() {}

      @Get('two')
      @Public()
      @Authenticated()
      two() {}

      @Get('widened')
      @Public()
      @OptionalScopes('read:samples')
      widened() {}
    }
    expect((await rulesOf([], [Faulty])).faults()).toEqual([
      'Faulty.none has no access declaration',
      'Faulty.two has @Authenticated() and @Public()',
      'Faulty.widened has @Public() and @OptionalScopes(read:samples)',
    ]);
  });

  it('refuses a scope that no token can hold, or that no challenge can name', async () => {
    @Controller()
    class Faulty {
      @Get('a')
      @Scopes('read:samples write:samples' as never)
      together() {}

      @Get('b')
      @AnyScope(['read:samples', 'write:samples'] as never)
      list() {}

      @Get('c')
      @Scopes('lesen:“Muster”' as never)
      quoted() {}

      @Get('d')
      @Authenticated()
      @OptionalScopes('' as never)
      empty() {}

      @Get('e')
      @Scopes(undefined as never)
      unset() {}
    }
    const reason = 'which cannot be the name of a permission: several are given one by one';
    expect((await rulesOf([], [Faulty])).faults()).toEqual([
      `Faulty.together asks for "read:samples write:samples", ${reason}`,
      `Faulty.list asks for ["read:samples","write:samples"], ${reason}`,
      `Faulty.quoted asks for "lesen:“Muster”", ${reason}`,
      `Faulty.empty asks for "", ${reason}`,
      `Faulty.unset asks for undefined, ${reason}`,
    ]);
  });

  it('refuses a declaration of no scope at all, which every token would meet', async () => {
    const none: string[] = [];
    @Controller()
    class Faulty {
      @Get('all')
      @Scopes(...(none as [never]))
      all() {}

      @Get('any')
      @AnyScope(...(none as [never]))
      any() {}
    }
    expect((await rulesOf([], [Faulty])).faults()).toEqual([
      'Faulty.all has @Scopes() without a scope',
      'Faulty.any has @AnyScope() without a scope',
    ]);
  });

  it('lets the optional scopes of a class stand for the methods that it declares', async () => {
    @Controller()
    @Scopes('read:samples')
    @OptionalScopes('write:samples')
    class Widened {
      @Get('a')
      inherited() {}

      @Get('b')
      @Public()
      overridden() {}
    }
    const { routes } = (await rulesOf([], [Widened])).start();
    expect(routes.map(({ optionalScopes }) => optionalScopes)).toEqual([['write:samples'], []]);
  });

  it('lets the conditions of a class hold for its methods, but for those that change them', async () => {
    @Controller()
    @Scopes('read:samples')
    @StepUp({ maxAge: 300 })
    class Guarded {
      @Get(['a', 'b'])
      inherited() {}

      @Get('c')
      @Authenticated()
      @StepUp({ acr: 'phr' })
      changed() {}

      @Get('d')
      @Public()
      open() {}
    }
    const { routes } = (await rulesOf([], [Guarded])).start();
    expect(routes.map(({ rule }) => ('stepUp' in rule ? rule.stepUp : undefined))).toEqual([
      { maxAge: 300 },
      { maxAge: 300 },
      { acr: 'phr' },
      undefined,
    ]);
    expect(routes[0]?.rule).toBe(routes[1]?.rule);
  });

  it('adds the conditions of a class to those of the class that it extends', async () => {
    @Scopes('read:samples')
    @StepUp({ maxAge: 300 })
    class Careful {
      @Get()
      list() {}
    }
    @Controller('a')
    @Direct()
    class MoreCareful extends Careful {}
    @Controller('b')
    @StepUp({ maxAge: 60 })
    class Impatient extends Careful {}
    @Controller('c')
    class Same extends Careful {}
    const { routes } = (await rulesOf([], [MoreCareful, Impatient, Same])).start();
    expect(routes.map(({ rule }) => rule)).toEqual([
      { ...all('read:samples'), stepUp: { maxAge: 300 }, direct: true },
      { ...all('read:samples'), stepUp: { maxAge: 60 } },
      { ...all('read:samples'), stepUp: { maxAge: 300 } },
    ]);
  });

  it('refuses a condition on callers of a route that is public by its class', async () => {
    @Controller()
    @Public()
    class Open {
      @Get()
      @StepUp({ maxAge: 300 })
      list() {}
    }
    expect((await rulesOf([], [Open])).faults()).toEqual([
      'Open.list has @Public() and a condition on its caller, who is not known there',
    ]);
  });

  it('refuses a login that nobody could have, or that nobody could be asked for', async () => {
    @Controller()
    @Authenticated()
    class Faulty {
      @Get('a')
      @StepUp({})
      nothing() {}

      @Get('b')
      @StepUp({ maxAge: 0 })
      never() {}

      @Get('c')
      @StepUp({ maxAge: 1.5 })
      half() {}

      @Get('d')
      @StepUp({ acr: 'two words' })
      words() {}

      @Get('e')
      @StepUp({ acr: ['good', 'with"quote'] })
      quote() {}

      @Get('f')
      @Public()
      @StepUp({ maxAge: 300 })
      open() {}
    }
    expect((await rulesOf([], [Faulty])).faults()).toEqual([
      'Faulty.nothing has @StepUp() without maxAge and acr',
      'Faulty.never has @StepUp() whose maxAge is no whole number of seconds above 0',
      'Faulty.half has @StepUp() whose maxAge is no whole number of seconds above 0',
      expect.stringContaining('Faulty.words has @StepUp() whose acr has a space'),
      expect.stringContaining('Faulty.quote has @StepUp() whose acr has a space'),
      'Faulty.open has @Public() and a condition on its caller, who is not known there',
    ]);
  });

  it('refuses a permission that two modules describe', async () => {
    const again = definePermissions({ 'read:samples': 'Look at samples' });
    const { faults } = await rulesOf([SamplesModule, AuthModule.forFeature(again)]);
    expect(faults()).toEqual(['The permission read:samples is described twice']);
  });

  it('takes the same catalogue from two modules', async () => {
    @Module({ imports: [AuthModule.forFeature(samples)] })
    class Neighbour {}
    expect((await rulesOf([SamplesModule, Neighbour])).faults()).toEqual([]);
  });

  it('refuses a scope that no module describes', async () => {
    @Controller('others')
    class Others {
      @Get()
      @Scopes('read:others' as never)
      list() {}
    }
    expect((await rulesOf([SamplesModule], [Others])).faults()).toEqual([
      'Others.list asks for read:others, which no module describes',
    ]);
  });

  it('warns of permissions that no route speaks of', async () => {
    const unused = definePermissions({ 'burn:samples': 'Burn samples' });
    const rules = (await rulesOf([SamplesModule, AuthModule.forFeature(unused)])).start();
    expect(rules.unusedPermissions).toEqual(['burn:samples']);
    expect(warn).toHaveBeenCalledWith('Permissions that no route asks for: burn:samples');
  });

  it('counts an optional scope as used', async () => {
    expect((await rulesOf([SamplesModule])).start().unusedPermissions).toEqual([]);
    expect(warn).not.toHaveBeenCalled();
  });
});
