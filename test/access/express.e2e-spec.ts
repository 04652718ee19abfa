import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import {
  All,
  Body,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  Logger,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  Param,
  Post,
  type Type,
  Version,
  VersioningType,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { RouterExplorer } from '@nestjs/core/router/router-explorer.js';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { jest } from '@jest/globals';
import {
  AuthModule,
  type AuthOptions,
  Authenticated,
  MissingToken,
  Public,
  Scopes,
} from '../../src/auth/index.js';
import { describeAccess, startTestIssuer, type TestIssuer } from '../../src/testing/index.js';
import { rawRequest } from '../support/raw-request.js';

type Handler = (request: { url: string; body?: unknown }, response: unknown, next: () => void) => void;
interface Router {
  (): unknown;
  use(...handlers: unknown[]): void;
  get(
    path: string | string[] | RegExp,
    handler: (request: unknown, response: { send(text: string): void }) => void,
  ): void;
}
const express = createRequire(import.meta.url)('express') as {
  (): Router;
  json(): Handler;
  Router(): Router;
};

@Controller('beds')
class BedsController {
  @Post()
  @Scopes('dig:beds' as never)
  dig(@Body() body: unknown) {
    return body;
  }

  @Post('open')
  @Public()
  open(@Body() body: unknown) {
    return body;
  }

  @Post(':id/plants')
  @Scopes('dig:beds' as never)
  plant(@Param('id') id: string) {
    return id;
  }

  @All('any')
  @Scopes('dig:beds' as never)
  any() {}

  @Get('seen')
  @Scopes('see:beds' as never)
  see() {
    return 'seen';
  }

  @Post('*rest')
  @Authenticated()
  anywhere() {}
}

@Controller('versions')
class VersionsController {
  @Post()
  @Version('1')
  @Scopes('dig:beds' as never)
  first() {}

  @Post()
  @Version(['2', '3'])
  @Authenticated()
  second() {}
}

@Controller({ path: 'hosts', host: 'admin.example' })
class AdminController {
  @Post()
  @Scopes('dig:beds' as never)
  admin() {}
}

@Controller('hosts')
class HostsController {
  @Post()
  @Public()
  everybody(@Body() body: unknown) {
    return body;
  }
}

@Controller('garden/beds')
class OutsideController {
  @Post('open')
  @Public()
  open() {}

  @Get('open')
  @Public()
  look() {}
}

let issuer: TestIssuer;
let app: NestExpressApplication | undefined;
let url: string;

beforeAll(async () => {
  issuer = await startTestIssuer();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await app?.close();
  app = undefined;
});
afterAll(() => issuer?.close());

interface Setup {
  readonly controllers?: Type[];
  readonly imports?: Type[];
  readonly adapter?: ExpressAdapter;
  readonly settings?: { bodyParser?: boolean; rawBody?: boolean };
  readonly options?: Partial<AuthOptions>;
  readonly before?: (app: NestExpressApplication) => unknown;
}

const pass: Handler = (_request, _response, next) => next();

/** An application on Express that takes nothing of ours but the access control, with a middleware of Nest's. */
async function create({
  adapter = new ExpressAdapter(),
  settings,
  options,
  before,
  controllers,
  imports = [],
}: Setup = {}) {
  @Module({
    imports: [
      AuthModule.forRoot({ issuerBaseUrl: issuer.url, audiences: [issuer.audience], ...options }),
      ...imports,
    ],
    controllers: controllers ?? [BedsController, VersionsController, AdminController, HostsController],
  })
  class GardenModule implements NestModule {
    configure(consumer: MiddlewareConsumer) {
      consumer.apply(pass).forRoutes('beds', BedsController);
    }
  }
  const module = await Test.createTestingModule({ imports: [GardenModule] }).compile();
  app = module.createNestApplication<NestExpressApplication>(adapter, { logger: false, ...settings });
  await before?.(app);
  return app;
}

async function start(setup?: Setup) {
  const garden = await create(setup);
  await garden.listen(0, '127.0.0.1');
  url = await garden.getUrl();
}

const bearer = (...scopes: string[]) => ({ authorization: `Bearer ${issuer.tokenFor({ scopes })}` });
const JSON_TYPE = { 'content-type': 'application/json' };

/** Sends JSON that no parser takes, so that 400 says that the body was read. */
const broken = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${url}${path}`, { method: 'POST', body: '{"broken":', headers: { ...JSON_TYPE, ...headers } });
const statusOf = async (answer: Promise<Response>) => (await answer).status;
const version = (number: string, ...scopes: string[]) => ({ ...bearer(...scopes), 'x-version': number });
const headOf = (headers: Record<string, string> = {}) =>
  fetch(`${url}/beds/seen`, { method: 'HEAD', headers });
const sendTo = (host: string) =>
  rawRequest(
    url,
    'POST /hosts HTTP/1.1',
    ['content-type: application/json', `x-forwarded-host: ${host}`],
    '{}',
  );

describe('on Express, the caller is known before a byte of the body is read', () => {
  it.each([
    ['a plain route', '/beds'],
    ['a route with parameters', '/beds/1/plants'],
    ['a route for every method', '/beds/any'],
    ['a path in other case and with a slash behind', '/BEDS/'],
    ['a path with a query', '/beds?a=b'],
  ])('%s', async (_title, path) => {
    await start();
    const stranger = await broken(path);
    expect(stranger.status).toBe(401);
    expect(stranger.headers.get('www-authenticate')).toBe('Bearer scope="dig:beds"');
    expect(stranger.headers.get('content-type')).toMatch('application/problem+json');
    expect(await statusOf(broken(path, bearer('other')))).toBe(403);
    expect(await statusOf(broken(path, bearer('dig:beds')))).toBe(400);
  });

  it('a target in absolute form', async () => {
    await start();
    const answer = await rawRequest(
      url,
      `POST ${url}/beds HTTP/1.1`,
      ['content-type: application/json'],
      '{',
    );
    expect(answer.statusCode).toBe(401);
  });

  it('a wildcard, under a global prefix', async () => {
    await start({ before: (garden) => garden.setGlobalPrefix('garden') });
    expect(await statusOf(broken('/garden/beds/far/away'))).toBe(401);
    expect(await statusOf(broken('/garden/beds/far/away', bearer()))).toBe(400);
    expect(await statusOf(broken('/garden/beds/open'))).toBe(400);
  });

  it('each of several handlers of one path, by the version in a header', async () => {
    await start({
      before: (it) => it.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
    });
    expect(await statusOf(broken('/versions', version('1')))).toBe(403);
    expect(await statusOf(broken('/versions', version('1', 'dig:beds')))).toBe(400);
    expect(await statusOf(broken('/versions', version('3')))).toBe(400);
    expect(await statusOf(broken('/versions', { 'x-version': '2' }))).toBe(401);
  });

  it('a version in the path, and the default one', async () => {
    await start({
      before: (it) => it.enableVersioning({ type: VersioningType.URI, defaultVersion: '7' }),
    });
    expect(await statusOf(broken('/v7/beds'))).toBe(401);
    expect(await statusOf(broken('/v7/beds', bearer('dig:beds')))).toBe(400);
  });

  it('by parsers of the application, whatever is set up before and after them', async () => {
    await start({
      settings: { bodyParser: false },
      before: (garden) => {
        garden.useBodyParser('json', { limit: '1mb' });
        garden.use(express.json());
        garden.enableCors({ origin: 'https://a.example' });
      },
    });
    const stranger = await broken('/beds', { origin: 'https://a.example' });
    expect(stranger.status).toBe(401);
    expect(stranger.headers.get('access-control-allow-origin')).toBe('https://a.example');
    expect(await statusOf(broken('/beds', bearer('dig:beds')))).toBe(400);
  });

  it('by a parser that keeps what it read', async () => {
    await start({ settings: { rawBody: true } });
    expect(await statusOf(broken('/beds'))).toBe(401);
    expect(await statusOf(broken('/beds', bearer('dig:beds')))).toBe(400);
  });

  it('by a parser in a list of middleware', async () => {
    await start({
      settings: { bodyParser: false },
      before: (garden) => garden.use([pass, [express.json()]]),
    });
    expect(await statusOf(broken('/beds'))).toBe(401);
    expect(await statusOf(broken('/beds', bearer('dig:beds')))).toBe(400);
  });

  it('by a parser for a part of the paths', async () => {
    await start({
      settings: { bodyParser: false },
      before: (garden) => {
        garden.setGlobalPrefix('garden');
        garden.use('/garden', express.json());
        garden.use('/beds', express.json());
      },
      controllers: [BedsController, OutsideController],
    });
    expect(await statusOf(broken('/garden/beds'))).toBe(401);
    expect(await statusOf(broken('/garden/beds', bearer('dig:beds')))).toBe(400);
    expect(await statusOf(broken('/garden/beds/open'))).toBe(400);
    expect(await statusOf(broken('/garden/garden/beds/open'))).toBe(400);
  });

  it.each([
    ['a fragment', '/beds#x'],
    ['a fragment, for which Express turns backslashes', '/beds\\1\\plants#x'],
  ])('a target with %s', async (_title, target) => {
    await start();
    const answer = await rawRequest(url, `POST ${target} HTTP/1.1`, ['content-type: application/json'], '{');
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer scope="dig:beds"');
  });

  it('and the answer does not wait for the body', async () => {
    await start();
    const head = ['content-type: application/json', 'content-length: 900000'];
    expect((await rawRequest(url, 'POST /beds HTTP/1.1', head)).statusCode).toBe(401);
  });
});

describe('on Express', () => {
  it('the body of a known caller is whole, even if keys had to be fetched first', async () => {
    await start();
    const body = JSON.stringify({ plants: 'x'.repeat(50_000) });
    const answer = await fetch(`${url}/beds`, {
      method: 'POST',
      body,
      headers: { ...JSON_TYPE, ...bearer('dig:beds') },
    });
    expect({ status: answer.status, body: await answer.text() }).toEqual({ status: 201, body });
  });

  it('routes are known where somebody hears of their calls, for which Nest 11 hides the metadata of handlers', async () => {
    const router = RouterExplorer.prototype as unknown as { copyMetadataToCallback(): void };
    jest.spyOn(router, 'copyMetadataToCallback').mockReturnValue(undefined);
    const adapter = new ExpressAdapter();
    adapter.setOnRouteTriggered(() => undefined);
    await start({ adapter });
    expect(await statusOf(broken('/beds'))).toBe(401);
    expect(await statusOf(broken('/beds', bearer('dig:beds')))).toBe(400);
  });

  it('HEAD asks for what GET asks for', async () => {
    await start();
    expect((await headOf()).headers.get('www-authenticate')).toBe('Bearer scope="see:beds"');
    expect(await statusOf(headOf(bearer('see:beds')))).toBe(200);
  });

  it('a token that is sent twice or elsewhere than in the header is refused', async () => {
    await start();
    const { authorization } = bearer('see:beds', 'dig:beds');
    const line = `authorization: ${authorization}`;
    expect((await rawRequest(url, 'GET /beds/seen HTTP/1.1', [line])).statusCode).toBe(200);
    expect((await rawRequest(url, 'GET /beds/seen HTTP/1.1', [line, line])).statusCode).toBe(400);
    expect((await rawRequest(url, 'GET /beds/seen?access_token=a HTTP/1.1', [line])).statusCode).toBe(400);
    const form = ['content-type: application/x-www-form-urlencoded', line];
    expect((await rawRequest(url, 'POST /beds HTTP/1.1', form, 'access_token=a')).statusCode).toBe(400);
    expect((await rawRequest(url, 'POST /beds HTTP/1.1', form, 'name=a')).statusCode).toBe(201);
  });

  it('a route that depends on the host is decided by the guards', async () => {
    await start();
    expect(await sendTo('a.example')).toMatchObject({ statusCode: 201, body: '{}' });
    app!.set('trust proxy', true);
    expect((await sendTo('admin.example')).statusCode).toBe(401);
  });

  it('mounted in another one, each route is known', async () => {
    const garden = await create({
      settings: { bodyParser: false },
      before: (it) => {
        it.useBodyParser('json');
        it.use('/beds', express.json());
      },
    });
    await garden.init();
    const outer = express();
    outer.use('/outer', garden.getHttpAdapter().getInstance());
    const server = createServer(outer as never).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      expect(await statusOf(broken('/outer/beds'))).toBe(401);
      expect(await statusOf(broken('/outer/beds', bearer('dig:beds')))).toBe(400);
      expect(await statusOf(broken('/outer/beds/open'))).toBe(400);
    } finally {
      server.close();
    }
  });

  it('what was refused stays refused, wherever a middleware leads it', async () => {
    await start({
      settings: { bodyParser: false },
      before: (garden) => {
        garden.useBodyParser('json');
        garden.use(((request, _response, next) => {
          request.url = '/beds/open';
          next();
        }) satisfies Handler);
      },
    });
    expect(await statusOf(broken('/beds'))).toBe(401);
  });

  it('a refusal that comes after an answer is told to filters as what it is', async () => {
    const caught: unknown[] = [];
    @Catch()
    class Catcher implements ExceptionFilter {
      catch(error: unknown) {
        caught.push(error);
      }
    }
    await start({
      before: (garden) => {
        garden.useGlobalFilters(new Catcher());
        garden.use(((_request, response, next) => {
          (response as ServerResponse).end('early');
          next();
        }) satisfies Handler);
      },
    });
    expect(await (await fetch(`${url}/beds/seen`)).text()).toBe('early');
    expect(caught).toEqual([expect.any(MissingToken)]);
  });

  it.each(['match', '_handlesMethod'])(
    'a router without %s keeps the application from starting',
    async (part) => {
      const { layer, route } = partsOfRouter();
      const owner = Object.hasOwn(layer, part) ? layer : route;
      const method = owner[part];
      owner[part] = undefined;
      const started = (await create()).init().finally(() => (owner[part] = method));
      await expect(started).rejects.toThrow('Express keeps its routes otherwise than AuthModule');
    },
  );
});

/** The prototypes of Express's layers and routes. */
function partsOfRouter() {
  const router = express.Router() as unknown as Router & { stack: [{ route: object }] };
  router.get('/', () => undefined);
  const [layer] = router.stack;
  const [ofLayer, ofRoute] = [layer, layer.route].map((part) => Object.getPrototypeOf(part) as object);
  return { layer: ofLayer as Record<string, unknown>, route: ofRoute as Record<string, unknown> };
}

describe('a body parser that the access control cannot hold back is told of at start', () => {
  const early = /The body parser jsonParser reads the bodies of requests before it is known who sends them/;
  const warnings = () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    return () => warn.mock.calls.map(([text]) => String(text)).filter((text) => early.test(text));
  };

  it('when it was there before Nest', async () => {
    const said = warnings();
    const server = express();
    server.use(express.json());
    await start({ adapter: new ExpressAdapter(server) });
    expect(said()).toHaveLength(1);
    expect(await statusOf(broken('/beds'))).toBe(400);
  });

  it('when it is in a router of its own', async () => {
    const said = warnings();
    const router = express.Router();
    router.use(express.json());
    await start({ before: (garden) => garden.use('/beds', router) });
    expect(said()).toHaveLength(1);
  });

  it('and nothing is said of others', async () => {
    const said = warnings();
    await start({ before: (garden) => garden.useBodyParser('text') });
    expect(said()).toEqual([]);
  });
});

const metrics = (garden: NestExpressApplication) => {
  const server = garden.getHttpAdapter().getInstance() as unknown as Router;
  server.get('/metrics', (_request, response) => response.send('open'));
};

function severalPaths(garden: NestExpressApplication) {
  const adapter = garden.getHttpAdapter() as unknown as Router;
  for (const path of [['/a', '/b'], /^\/c/]) adapter.get(path, (_request, response) => response.send('open'));
}

describe('a route of Express past the controllers', () => {
  const past = /GET \/metrics is registered past Nest's controllers/;

  it('keeps the application from starting', async () => {
    await expect((await create({ before: metrics })).init()).rejects.toThrow(past);
  });

  it('keeps it from starting, when a router brings it', async () => {
    const router = express.Router();
    router.get('/metrics', (_request, response) => response.send('open'));
    await expect((await create({ before: (garden) => garden.use(router) })).init()).rejects.toThrow(past);
  });

  it('keeps it from listening, when it came after the start', async () => {
    const garden = await create();
    await garden.init();
    metrics(garden);
    await expect(garden.listen(0, '127.0.0.1')).rejects.toThrow(past);
  });

  it('keeps it from starting at a path of a controller, too, by whichever way it came', async () => {
    @Module({})
    class ShadowModule implements NestModule {
      constructor(private readonly adapterHost: HttpAdapterHost) {}

      async configure() {
        // Until the declarations were read.
        await setTimeout(100);
        const adapter = this.adapterHost.httpAdapter as unknown as Router;
        adapter.get('/beds/seen', (_request, response) => response.send('open'));
      }
    }
    await expect((await create({ imports: [ShadowModule] })).init()).rejects.toThrow(
      "GET /beds/seen is registered past Nest's controllers",
    );
  });

  it('is served when it is listed', async () => {
    await start({ before: metrics, options: { unguardedRoutes: ['GET /metrics'] } });
    expect(await (await fetch(`${url}/metrics`)).text()).toBe('open');
  });

  it('may have several paths, or a pattern', async () => {
    await start({ before: severalPaths, options: { unguardedRoutes: ['GET /a,/b', 'GET /^\\/c/'] } });
    for (const path of ['/a', '/b', '/c']) expect(await (await fetch(`${url}${path}`)).text()).toBe('open');
  });
});

it('a setting of Express may be asked for by the adapter', async () => {
  const settings: unknown[] = [];
  const before = (garden: NestExpressApplication) => {
    const adapter = garden.getHttpAdapter() as unknown as { get(name: string): unknown };
    settings.push(adapter.get('x-powered-by'));
  };
  await start({ before });
  expect(settings).toEqual([true]);
});

describe('the attack suite on Express', () => {
  let attacked: NestExpressApplication;
  beforeAll(async () => {
    attacked = await create({ controllers: [BedsController] });
    app = undefined;
    await attacked.init();
  });
  afterAll(() => attacked?.close());
  describeAccess(() => attacked);
});
