import {
  All,
  Body,
  Controller,
  Get,
  Module,
  Param,
  Post,
  type Type,
  Version,
  VersioningType,
} from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { FastifyInstance } from 'fastify';
import { AuthModule, type AuthOptions, Authenticated, Public, Scopes } from '../../src/auth/index.js';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';

@Controller('beds')
class BedsController {
  @Post()
  @Scopes('dig:beds' as never)
  dig(@Body() body: unknown) {
    return body;
  }

  @Post(':id/plants')
  @Scopes('dig:beds' as never)
  plant(@Param('id') id: string) {
    return id;
  }

  @Post('*')
  @Authenticated()
  anywhere() {}

  @All('any')
  @Scopes('dig:beds' as never)
  any() {}

  @Get('seen')
  @Scopes('see:beds' as never)
  see() {
    return 'seen';
  }

  @Post('open')
  @Public()
  open(@Body() body: unknown) {
    return body;
  }
}

@Controller('versions')
class VersionsController {
  @Post()
  @Version('1')
  @Scopes('dig:beds' as never)
  first() {
    return 'first';
  }

  @Post()
  @Version('2')
  @Authenticated()
  second() {
    return 'second';
  }

  @Post()
  @Version(['3', '4'])
  @Scopes('see:beds' as never)
  third() {
    return 'third';
  }
}

const FORM = 'application/x-www-form-urlencoded';

let issuer: TestIssuer;
let app: NestFastifyApplication | undefined;

beforeAll(async () => {
  issuer = await startTestIssuer();
});
afterEach(async () => {
  await app?.close();
  app = undefined;
});
afterAll(() => issuer?.close());

interface Setup {
  readonly controllers?: Type[];
  readonly options?: Partial<AuthOptions>;
  readonly adapter?: FastifyAdapter;
  readonly settings?: { bodyParser?: boolean };
  readonly before?: (app: NestFastifyApplication) => void;
}

/** An application that takes nothing of ours but the access control, with Nest's own parsers. */
async function create({
  controllers = [BedsController],
  options,
  adapter = new FastifyAdapter(),
  settings,
  before,
}: Setup = {}) {
  @Module({
    imports: [AuthModule.forRoot({ issuerBaseUrl: issuer.url, audiences: [issuer.audience], ...options })],
    controllers,
  })
  class GardenModule {}
  const module = await Test.createTestingModule({ imports: [GardenModule] }).compile();
  app = module.createNestApplication<NestFastifyApplication>(adapter, { logger: false, ...settings });
  before?.(app);
  return app;
}

const fastifyOf = (application: NestFastifyApplication): FastifyInstance =>
  application.getHttpAdapter().getInstance();

/** Sends JSON that no parser takes, so that 400 says that the body was read. */
function broken(method: string, url: string, scopes?: readonly string[], headers: object = {}) {
  const authorization = scopes && { authorization: `Bearer ${issuer.tokenFor({ scopes })}` };
  return app!.inject({
    method: method as 'POST',
    url,
    payload: '{"broken":',
    headers: { 'content-type': 'application/json', ...authorization, ...headers },
  });
}

/** What may be done to an application before it starts. */
const versionedByHeader = (garden: NestFastifyApplication) =>
  garden.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' });
const versionedByPath = (garden: NestFastifyApplication) =>
  garden.enableVersioning({ type: VersioningType.URI, defaultVersion: '7' });
const planted = (garden: NestFastifyApplication) => {
  fastifyOf(garden).get('/metrics', () => 'open');
};

/** An adapter whose server has a route before there is an application. */
function plantedAdapter(): FastifyAdapter {
  const adapter = new FastifyAdapter();
  adapter.getInstance().get('/metrics', () => 'open');
  return adapter;
}

const head = (scopes?: readonly string[]) =>
  app!.inject({
    method: 'HEAD',
    url: '/beds/seen',
    headers: scopes && { authorization: `Bearer ${issuer.tokenFor({ scopes })}` },
  });

describe('the caller is known before a byte of the body is read', () => {
  it.each([
    ['a plain route', '/beds', 'dig:beds'],
    ['a route with parameters', '/beds/1/plants', 'dig:beds'],
    ['a route for every method', '/beds/any', 'dig:beds'],
  ])('%s', async (_title, url, scope) => {
    await (await create()).init();
    const stranger = await broken('POST', url);
    expect(stranger.statusCode).toBe(401);
    expect(stranger.headers['www-authenticate']).toBe(`Bearer scope="${scope}"`);
    expect((await broken('POST', url, ['other'])).statusCode).toBe(403);
    expect((await broken('POST', url, [scope])).statusCode).toBe(400);
  });

  it('a wildcard, under a global prefix', async () => {
    await (await create({ before: (garden) => garden.setGlobalPrefix('garden') })).init();
    expect((await broken('POST', '/garden/beds/far/away')).statusCode).toBe(401);
    expect((await broken('POST', '/garden/beds/far/away', [])).statusCode).toBe(400);
    expect((await broken('POST', '/garden/beds/open')).statusCode).toBe(400);
  });

  it('each of several handlers of one path, by the version in a header', async () => {
    await (await create({ controllers: [VersionsController], before: versionedByHeader })).init();
    const challenges = [];
    for (const version of ['1', '2', '3', '4']) {
      const answer = await broken('POST', '/versions', undefined, { 'x-version': version });
      challenges.push([answer.statusCode, answer.headers['www-authenticate']]);
    }
    expect(challenges).toEqual([
      [401, 'Bearer scope="dig:beds"'],
      [401, 'Bearer'],
      [401, 'Bearer scope="see:beds"'],
      [401, 'Bearer scope="see:beds"'],
    ]);
    expect((await broken('POST', '/versions', [], { 'x-version': '1' })).statusCode).toBe(403);
    expect((await broken('POST', '/versions', [], { 'x-version': '2' })).statusCode).toBe(400);
    expect((await broken('POST', '/versions', [], { 'x-version': '4' })).statusCode).toBe(403);
  });

  it('a version in the path, and the default one', async () => {
    await (await create({ before: versionedByPath })).init();
    expect((await broken('POST', '/v7/beds')).statusCode).toBe(401);
    expect((await broken('POST', '/v7/beds', ['dig:beds'])).statusCode).toBe(400);
  });

  it('beside a plugin that has a user of its own on requests', async () => {
    const garden = await create({ before: (it) => fastifyOf(it).decorateRequest('user', null) });
    await garden.init();
    expect((await broken('POST', '/beds')).statusCode).toBe(401);
    expect((await broken('POST', '/beds', ['dig:beds'])).statusCode).toBe(400);
  });

  it('beside a plugin that reads forms', async () => {
    const garden = await create({ settings: { bodyParser: false } });
    // NestFactory.create() does so, after which plugins are loaded when the server is ready.
    await garden.getHttpAdapter().init?.();
    void fastifyOf(garden).register(
      Object.assign(
        (server: FastifyInstance, _options: unknown, done: () => void) => {
          server.addContentTypeParser(FORM, { parseAs: 'string' }, (_request, form, parsed) =>
            parsed(null, { form }),
          );
          done();
        },
        { [Symbol.for('skip-override')]: true },
      ),
    );
    await garden.init();
    const send = (headers: object) =>
      garden.inject({
        method: 'POST',
        url: '/beds',
        payload: 'a=1',
        headers: { 'content-type': FORM, ...headers },
      });
    expect((await send({})).statusCode).toBe(401);
    const token = issuer.tokenFor({ scopes: ['dig:beds'] });
    expect((await send({ authorization: `Bearer ${token}` })).json()).toEqual({ form: 'a=1' });
  });

  it('HEAD asks for what GET asks for', async () => {
    await (await create()).init();
    expect((await head()).headers['www-authenticate']).toBe('Bearer scope="see:beds"');
    expect((await head([])).statusCode).toBe(403);
    expect((await head(['see:beds'])).statusCode).toBe(200);
  });
});

describe('a route past the controllers', () => {
  const past = /GET \/metrics is registered past Nest's controllers/;

  it('keeps the application from starting', async () => {
    await expect((await create({ before: planted })).init()).rejects.toThrow(past);
  });

  it('keeps it from listening, when it came after the start', async () => {
    const garden = await create();
    await garden.init();
    planted(garden);
    await expect(garden.listen(0, '127.0.0.1')).rejects.toThrow(past);
  });

  it('keeps it from listening, when a plugin brings it', async () => {
    const garden = await create();
    void fastifyOf(garden).register((instance, _options, done) => {
      instance.get('/metrics', () => 'open');
      done();
    });
    await expect(garden.listen(0, '127.0.0.1')).rejects.toThrow(past);
  });

  it('keeps it from starting, when it was there before Nest', async () => {
    await expect((await create({ adapter: plantedAdapter() })).init()).rejects.toThrow(past);
    const listed = { adapter: plantedAdapter(), options: { unguardedRoutes: ['GET /metrics'] } };
    await expect((await create(listed)).init()).resolves.toBeDefined();
  });

  it('keeps it from listening at the path of several versions for every method, too', async () => {
    @Controller('proxy')
    class ProxyController {
      @All('*')
      @Version('1')
      @Scopes('dig:beds' as never)
      first() {}

      @All('*')
      @Version('2')
      @Authenticated()
      second() {}
    }
    const garden = await create({
      controllers: [ProxyController],
      before: (it) => it.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
    });
    await garden.init();
    fastifyOf(garden).get('/proxy/*', () => 'open');
    const reason = "GET /proxy/* is registered past Nest's controllers";
    await expect(garden.listen(0, '127.0.0.1')).rejects.toThrow(reason);
  });

  it('is served when it is listed', async () => {
    const garden = await create({ before: planted, options: { unguardedRoutes: ['GET /metrics'] } });
    await garden.init();
    expect((await garden.inject('/metrics')).body).toBe('open');
  });

  it('is no answer to a preflight', async () => {
    const garden = await create({ before: (it) => it.enableCors({ origin: ['https://a.example'] }) });
    await garden.init();
    const preflight = await garden.inject({
      method: 'OPTIONS',
      url: '/beds',
      headers: { origin: 'https://a.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.statusCode).toBe(204);
  });
});
