import { Controller, Get, Injectable, type Type } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
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

const read = 'read:plants' as never;
const cut = 'cut:plants' as never;

/** A decorator as many are written: it puts another function in the method's place, and copies nothing. */
function Timed(): MethodDecorator {
  return (_target, _key, descriptor: PropertyDescriptor) => {
    const method = descriptor.value as (...parameters: unknown[]) => unknown;
    descriptor.value = function timed(this: unknown, ...parameters: unknown[]) {
      return method.apply(this, parameters);
    };
  };
}

/** The same, by one that copies what others have left on the method. */
function TimedWithMetadata(): MethodDecorator {
  return (target, key, descriptor: PropertyDescriptor) => {
    const method = descriptor.value as object;
    Timed()(target, key, descriptor);
    for (const name of Reflect.getOwnMetadataKeys(method) as unknown[]) {
      Reflect.defineMetadata(name, Reflect.getOwnMetadata(name, method), descriptor.value as object);
    }
  };
}

async function faultsOf(controllers: Type[], providers: Type[] = []): Promise<readonly string[]> {
  const module = await Test.createTestingModule({ controllers, providers }).compile();
  try {
    new AccessRules(module.get(ModulesContainer), new ApplicationConfig()).read();
    return [];
  } catch (error) {
    if (error instanceof InvalidAccessDeclarations) return error.faults;
    throw error;
  }
}

describe('a declaration is not lost', () => {
  it('to a decorator that replaces the method after it', async () => {
    @Controller()
    @Authenticated()
    class Plants {
      @Get('a')
      @Timed()
      @Scopes(read)
      list() {}

      @Get('b')
      @Timed()
      @AnyScope(read, cut)
      some() {}

      @Get('c')
      @Timed()
      @OptionalScopes(cut)
      widened() {}

      @Get('g')
      @Scopes(cut)
      @Timed()
      @StepUp({ maxAge: 300 })
      recent() {}

      @Timed()
      @Get('d')
      @Scopes(read)
      unreachable() {}

      @Get('e')
      @TimedWithMetadata()
      @Scopes(read)
      copied() {}

      @Get('f')
      @Scopes(read)
      @Timed()
      above() {}
    }
    const wayOut = 'a decorator below it replaces the method, so write';
    expect(await faultsOf([Plants])).toEqual([
      `Plants.list loses @Scopes(read:plants): ${wayOut} @Scopes(read:plants) above that decorator`,
      `Plants.some loses @AnyScope(read:plants, cut:plants): ${wayOut} @AnyScope(read:plants, cut:plants) above that decorator`,
      `Plants.widened loses @OptionalScopes(cut:plants): ${wayOut} @OptionalScopes(cut:plants) above that decorator`,
      `Plants.recent loses @StepUp(): ${wayOut} @StepUp() above that decorator`,
      `Plants.unreachable loses @Scopes(read:plants): ${wayOut} @Scopes(read:plants) above that decorator`,
    ]);
  });

  it('to a subclass that overrides the method', async () => {
    @Authenticated()
    class Base {
      @Get('a')
      @Scopes(read)
      list() {}

      @Get('b')
      @Scopes(read)
      find() {}

      @Get('c')
      @Scopes(read)
      internal() {}
    }
    @Controller()
    class Plants extends Base {
      @Get('a')
      override list() {}

      @Get('b')
      @Scopes(cut)
      override find() {}

      override internal() {}
    }
    expect(await faultsOf([Plants])).toEqual([
      'Plants.list loses @Scopes(read:plants) of the method that it overrides: declare its access, too',
    ]);
  });
});

it('a route whose method the constructor replaces is refused', async () => {
  @Controller()
  @Authenticated()
  class Plants {
    constructor() {
      this.list = this.list.bind(this);
    }

    @Get('a')
    list() {}

    @Get('b')
    find() {}
  }
  expect(await faultsOf([Plants])).toEqual([
    'Plants.list is replaced in the instance, as by bind(), which loses its declaration: leave it as it is, Nest calls it ' +
      'on the instance',
  ]);
});

it('a controller whose class a decorator replaces is refused, unless by a subclass', async () => {
  const Proxied = ((type: object) => new Proxy(type, {})) as ClassDecorator;
  const Extended = ((type: Type) => class extends type {}) as ClassDecorator;
  @Controller('a')
  @Authenticated()
  @Proxied
  class Plants {
    @Get()
    list() {}
  }
  @Controller('b')
  @Authenticated()
  @Extended
  class Trees {
    @Get()
    list() {}
  }
  expect(await faultsOf([Plants, Trees])).toEqual([
    'Plants is not the class of its instances, since a decorator has replaced it, which loses its declarations: have the ' +
      'decorator return a subclass',
  ]);
});

describe('a declaration that guards nothing is refused', () => {
  it('on handlers of messages', async () => {
    @Controller()
    class Messages {
      @MessagePattern('list')
      @Scopes(read)
      list() {}

      @Get()
      @EventPattern('cut')
      @Scopes(cut)
      both(_data: unknown) {}

      @MessagePattern('free')
      free() {}
    }
    expect(await faultsOf([Messages])).toEqual([
      'Messages.list is reached by messages, where @Scopes(read:plants) guards nothing',
      'Messages.both is reached by messages, where @Scopes(cut:plants) guards nothing',
    ]);
  });

  it('on a class that has handlers of messages beside its routes', async () => {
    @Controller()
    @Scopes(read)
    class Mixed {
      @Get()
      list() {}

      @MessagePattern('list')
      listByMessage() {}
    }
    @Controller()
    @Direct()
    class Messages {
      @MessagePattern('list')
      list() {}
    }
    expect(await faultsOf([Mixed, Messages])).toEqual([
      'Mixed.listByMessage is reached by messages, where @Scopes(read:plants) of its class guards nothing',
      'Messages.list is reached by messages, where @Direct() of its class guards nothing',
    ]);
  });

  it('on gateways and other providers', async () => {
    @WebSocketGateway()
    class PlantsGateway {
      @SubscribeMessage('list')
      @Scopes(read)
      list(_data: unknown) {}
    }
    @Injectable()
    @Authenticated()
    class PlantsService {}
    @WebSocketGateway()
    @StepUp({ maxAge: 300 })
    class CarefulGateway {}
    @Injectable()
    @OptionalScopes(read)
    class WiderService {}
    @Injectable()
    class Free {}
    const reason = 'is no controller: it guards nothing there';
    expect(await faultsOf([], [PlantsGateway, PlantsService, CarefulGateway, WiderService, Free])).toEqual([
      `PlantsGateway.list has @Scopes(read:plants), but ${reason}`,
      `PlantsService has @Authenticated(), but ${reason}`,
      `CarefulGateway has @StepUp(), but ${reason}`,
      `WiderService has @OptionalScopes(read:plants), but ${reason}`,
    ]);
  });

  it('on a static method', async () => {
    class Garden {
      @Get()
      @Scopes(read)
      static list() {}
    }
    @Controller()
    class Plants extends Garden {}
    expect(await faultsOf([Plants])).toEqual([
      'Plants.list has @Scopes(read:plants), but is static, and so no route',
    ]);
  });

  it('on a method that is no route', async () => {
    @Controller()
    @Authenticated()
    class Plants {
      @Get()
      list() {}

      @Scopes(cut)
      helper() {}
    }
    expect(await faultsOf([Plants])).toEqual(['Plants.helper has @Scopes(cut:plants), but is no route']);
  });

  it('but not in a controller that others inject', async () => {
    @Controller()
    class Plants {
      @Get()
      @Scopes(read)
      list() {}
    }
    expect(await faultsOf([Plants], [Plants])).toEqual([]);
  });
});

describe('a subclass is public only by its own declaration', () => {
  @Public()
  class Open {
    @Get('a')
    list() {}
  }
  class OpenInPart {
    @Get('a')
    @Public()
    list() {}

    @Get('b')
    @Scopes(read)
    find() {}
  }

  it('not by that of a class that it extends', async () => {
    @Controller()
    class Plants extends Open {}
    expect(await faultsOf([Plants])).toEqual([
      'Plants.list is public by a declaration of a class that Plants extends: Plants needs its own',
    ]);
  });

  it('not by that of a method of such a class', async () => {
    @Controller()
    @Scopes(cut)
    class Plants extends OpenInPart {}
    expect(await faultsOf([Plants])).toEqual([
      'Plants.list is public by a declaration of a class that Plants extends: Plants needs its own',
    ]);
  });

  it('and may have one', async () => {
    @Controller()
    @Public()
    class Plants extends Open {}
    @Controller()
    class Trees extends OpenInPart {
      @Get('a')
      @Public()
      override list() {}
    }
    @Controller()
    @Public()
    class Weeds extends OpenInPart {}
    expect(await faultsOf([Plants, Trees])).toEqual([]);
    // What its class says does not hold for a method that says otherwise.
    expect(await faultsOf([Weeds])).toEqual([]);
  });

  it('whereas what asks for a token is inherited', async () => {
    @Authenticated()
    class Known {
      @Get('a')
      list() {}

      @Get('b')
      @Scopes(read)
      find() {}
    }
    @Controller()
    class Plants extends Known {}
    expect(await faultsOf([Plants])).toEqual([]);
  });
});
