import {
  Controller,
  Get,
  type INestApplication,
  Module,
  Post,
  RequestMapping,
  RequestMethod,
  type Type,
  Version,
  VERSION_NEUTRAL,
  type VersioningOptions,
  VersioningType,
} from '@nestjs/common';
import { type AbstractHttpAdapter, RouterModule } from '@nestjs/core';
import { RouterExecutionContext } from '@nestjs/core/router/router-execution-context.js';
import { Test } from '@nestjs/testing';
import { AccessRules, AuthModule, Scopes } from '../../src/auth/index.js';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';
import { rawRequest } from './raw-request.js';

const METHODS = Object.values(RequestMethod).filter((method) => typeof method === 'number');
const needs = (name: string) => Scopes(name as never);

/** A route for every method that this Nest knows, each by a permission of its own. */
function everyMethod(): Type {
  class MethodsController {}
  for (const method of METHODS) {
    const name = RequestMethod[method].toLowerCase();
    const descriptor = { value() {}, configurable: true };
    Object.defineProperty(MethodsController.prototype, name, descriptor);
    for (const decorate of [RequestMapping({ path: name, method }), needs(`methods:${name}`)]) {
      decorate(MethodsController.prototype, name, descriptor);
    }
  }
  Controller('methods')(MethodsController);
  return MethodsController;
}

class InheritedRoutes {
  @Get('inherited/list')
  @needs('inherited')
  inherited() {}
}

@Controller(['plants', 'flowers'])
class PlantsController extends InheritedRoutes {
  @Get(['', 'list'])
  @needs('list')
  list() {}

  @Post('excluded')
  @needs('excluded')
  excluded() {}

  @Get('excluded')
  @needs('included')
  included() {}

  @Get(':id')
  @needs('find')
  find() {}
}

@Controller({ path: 'versions', version: '1' })
class VersionsController {
  @Get()
  @needs('version:1')
  first() {}

  @Get()
  @Version(['2', '3'])
  @needs('version:2')
  second() {}

  @Get('neutral')
  @Version(VERSION_NEUTRAL)
  @needs('version:neutral')
  neutral() {}
}

@Controller({ path: 'hosts', host: 'api.example.com' })
class HostController {
  @Get()
  @needs('host')
  get() {}
}

@Module({ controllers: [PlantsController] })
class InnerModule {}

/** A request line without the version, header lines, and the permission that whoever is meant by them needs. */
type Expected = readonly [request: string, permission: string | undefined, ...headers: string[]];

/** What OpenTelemetry's instrumentation of Nest does. @returns what undoes it */
function traceRoutes(): () => void {
  type Create = (this: unknown, instance: object, callback: Create, ...others: unknown[]) => unknown;
  const router = RouterExecutionContext.prototype as unknown as { create: Create };
  const { create } = router;
  router.create = function (this: unknown, instance, callback, ...others) {
    const traced: Create = function (this: unknown, ...parameters) {
      return callback.apply(this, parameters);
    };
    for (const key of Reflect.getMetadataKeys(callback) as unknown[]) {
      Reflect.defineMetadata(key, Reflect.getMetadata(key, callback), traced);
    }
    return create.call(this, instance, traced, ...others);
  };
  return () => {
    router.create = create;
  };
}

const setups: {
  readonly title: string;
  readonly versioning?: VersioningOptions;
  /** Changes Nest itself before the application is made. */
  readonly instrument?: () => () => void;
  readonly prepare?: (app: INestApplication) => unknown;
  readonly expected: readonly Expected[];
}[] = [
  {
    title: 'every method, lists of paths, inherited methods, the path of a module, and hosts',
    expected: [
      ...METHODS.filter((method) => method !== RequestMethod.ALL).map((method): Expected => [
        `${RequestMethod[method]} /methods/${RequestMethod[method].toLowerCase()}`,
        `methods:${RequestMethod[method].toLowerCase()}`,
      ]),
      ['PATCH /methods/all', 'methods:all'],
      ['GET /inner/plants', 'list'],
      ['HEAD /inner/plants', 'list'],
      ['GET /inner/flowers/list', 'list'],
      ['GET /inner/flowers/7', 'find'],
      ['GET /inner/plants/inherited/list', 'inherited'],
      ['GET /hosts', 'host'],
    ],
  },
  {
    title: 'methods in whose place a tracer has Nest call functions of its own',
    instrument: traceRoutes,
    expected: [
      ['GET /inner/plants', 'list'],
      ['POST /inner/plants/excluded', 'excluded'],
      ['GET /hosts', 'host'],
    ],
  },
  {
    title: 'a global prefix, and what is excluded from it',
    prepare: (app) =>
      app.setGlobalPrefix('api', {
        exclude: ['hosts', { path: 'inner/plants/excluded', method: RequestMethod.POST }],
      }),
    expected: [
      ['GET /api/inner/plants', 'list'],
      ['POST /inner/plants/excluded', 'excluded'],
      ['GET /api/inner/plants/excluded', 'included'],
      ['GET /inner/plants/excluded', undefined],
      ['GET /hosts', 'host'],
    ],
  },
  {
    title: 'versions in the path, behind a global prefix',
    versioning: { type: VersioningType.URI, defaultVersion: '7' },
    prepare: (app) => app.setGlobalPrefix('api'),
    expected: [
      ['GET /api/v1/versions', 'version:1'],
      ['GET /api/v3/versions', 'version:2'],
      ['GET /api/versions/neutral', 'version:neutral'],
      ['GET /api/v7/inner/plants', 'list'],
      ['GET /api/inner/plants', undefined],
    ],
  },
  ...[
    { title: 'a header', versioning: { type: VersioningType.HEADER, header: 'x-version' } as const },
    { title: 'the media type', versioning: { type: VersioningType.MEDIA_TYPE, key: 'v=' } as const },
  ].map(({ title, versioning }) => {
    const by = (version: string) =>
      versioning.type === VersioningType.HEADER
        ? `x-version: ${version}`
        : `accept: application/json;v=${version}`;
    return {
      title: `versions in ${title}`,
      versioning: { ...versioning, defaultVersion: '7' },
      expected: [
        ['GET /versions', 'version:1', by('1')],
        ['GET /versions', 'version:2', by('2')],
        ['GET /versions', 'version:2', by('3')],
        ['GET /versions', undefined, by('4')],
        ['GET /versions/neutral', 'version:neutral'],
        ['GET /inner/plants', 'list', by('7')],
      ] satisfies Expected[],
    };
  }),
];

/**
 * Tests that the access control and Nest mean the same route, in every form in which a route can be declared: each has a
 * permission of its own, by which the challenge to a stranger and the answer to whoever holds it tell them apart.
 */
export function describeRouteForms(createAdapter: () => AbstractHttpAdapter): void {
  let issuer: TestIssuer;
  let app: INestApplication | undefined;
  let undo: (() => void) | undefined;
  beforeAll(async () => {
    issuer = await startTestIssuer();
  });
  afterEach(() => {
    undo?.();
    undo = undefined;
    return app?.close();
  });
  afterAll(() => issuer?.close());

  it.each(setups.map((setup) => [setup.title, setup] as const))('%s', async (_title, setup) => {
    const { versioning, instrument, prepare, expected } = setup;
    undo = instrument?.();
    const auth = AuthModule.forRoot({ issuerBaseUrl: issuer.url, audiences: [issuer.audience] });
    const module = await Test.createTestingModule({
      imports: [auth, InnerModule, RouterModule.register([{ path: 'inner', module: InnerModule }])],
      controllers: [everyMethod(), HostController, ...(versioning ? [VersionsController] : [])],
    }).compile();
    app = module.createNestApplication(createAdapter(), { logger: false });
    if (versioning) app.enableVersioning(versioning);
    prepare?.(app);
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const permissions = app.get(AccessRules).requiredScopes;
    const answers = async ([request, permission, ...headers]: Expected) => {
      const send = async (...scopes: string[]) => {
        const token = scopes.length > 0 ? [`authorization: Bearer ${issuer.tokenFor({ scopes })}`] : [];
        const answer = await rawRequest(url, `${request} HTTP/1.1`, [...headers, ...token]);
        return { status: answer.statusCode, challenge: answer.headers['www-authenticate'] };
      };
      const others = permissions.filter((other) => other !== permission);
      const [stranger, other, holder] = [
        await send(),
        await send(...others),
        await send(permission ?? 'none'),
      ];
      return [
        request,
        ...headers,
        stranger.status,
        stranger.challenge,
        other.status,
        ![401, 403, 404].includes(holder.status),
      ];
    };
    for (const one of expected) {
      const [request, permission, ...headers] = one;
      const asDeclared = [request, ...headers, 401, `Bearer scope="${permission}"`, 403, true];
      const absent = [request, ...headers, 404, undefined, 404, false];
      expect(await answers(one)).toEqual(permission === undefined ? absent : asDeclared);
    }
  });
}
