import { Controller, Delete, type ExecutionContext, Get, Head, Module, Param, Post } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import {
  AnyScope,
  Authenticated,
  AuthModule,
  type AuthOptions,
  definePermissions,
  JwtAuthGuard,
  OptionalScopes,
  Public,
  Scopes,
  ScopesGuard,
} from '../../src/auth/index.js';
import { ProblemFilter } from '../../src/problems/problem.filter.js';
import { describeAccess, startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { createTestApp } from '../support/test-app.js';

const permissions = definePermissions({
  'read:plants': 'Read plants',
  'water:plants': 'Water plants',
  'cut:plants': 'Cut plants',
});

@Controller('plants')
@Scopes('read:plants' as never)
class PlantsController {
  @Get()
  @OptionalScopes('cut:plants' as never)
  list() {
    return [];
  }

  @Get('mine')
  @Authenticated()
  mine() {
    return [];
  }

  @Get('about')
  @Public()
  about() {
    return {};
  }

  @Head('headers')
  headers() {}

  @Post(':id/*')
  @Scopes('read:plants' as never, 'water:plants' as never)
  water(@Param('id') id: string) {
    return { id };
  }

  @Delete(':id')
  @AnyScope('cut:plants' as never, 'water:plants' as never)
  cut() {}
}

@Module({ imports: [AuthModule.forFeature(permissions)], controllers: [PlantsController] })
class PlantsModule {}

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

/** An application that takes nothing of ours but the access control, as another Nest application would. */
async function createPlants(
  override = (module: TestingModuleBuilder) => module,
  options: Partial<AuthOptions> = {},
): Promise<NestFastifyApplication> {
  const auth = { issuerBaseUrl: issuer.url, audiences: [issuer.audience], ...options };
  const builder = Test.createTestingModule({
    imports: [AuthModule.forRoot(auth), PlantsModule],
    providers: [{ provide: APP_FILTER, useClass: ProblemFilter }],
  });
  const module = await override(builder).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  return app.init();
}

describe('the expenses API', () => {
  let expenses: TestApp | undefined;
  beforeAll(async () => {
    expenses = await createTestApp({ issuer });
  });
  afterAll(() => expenses?.close());

  describeAccess(() => expenses as TestApp);
});

/** Runs what `describeAccess` hands to the test runner, and gives the titles and messages of the tests that fail. */
async function failuresOf(tested: NestFastifyApplication): Promise<Record<string, string>> {
  const real = { describe: globalThis.describe, it: globalThis.it };
  const tests: [title: string, body: () => Promise<void>][] = [];
  Object.assign(globalThis, {
    describe: (_title: string, body: () => void) => body(),
    it: (title: string, body: () => Promise<void>) => tests.push([title, body]),
  });
  try {
    describeAccess(() => tested);
  } finally {
    Object.assign(globalThis, real);
  }
  const failures: Record<string, string> = {};
  for (const [title, body] of tests) {
    await body().catch((error: Error) => {
      failures[title] = error.message;
    });
  }
  return failures;
}

function letEverybodyIn(context: ExecutionContext): boolean {
  context.switchToHttp().getRequest<{ user?: unknown }>().user = { scopes: [] };
  return true;
}

describe('describeAccess', () => {
  it('finds nothing wrong with routes that are guarded', async () => {
    expect(await failuresOf(await createPlants())).toEqual({});
  });

  it('fails for a route past the guards, which the application had to be told of to start', async () => {
    const planted = await createPlants(undefined, { unguardedRoutes: ['GET /plants/:id/secret'] });
    planted
      .getHttpAdapter()
      .getInstance()
      .get('/plants/:id/secret', () => 'open to everybody');
    expect((await planted.inject('/plants/1/secret')).body).toBe('open to everybody');
    expect(await failuresOf(planted)).toEqual({
      'is declared': [
        'GET /plants/:id/secret is served, but no controller declares its access',
        'HEAD /plants/:id/secret is served, but no controller declares its access',
      ].join('\n'),
    });
  });

  it('fails when the scopes are not enforced', async () => {
    const plants = await createPlants((module) =>
      module.overrideProvider(ScopesGuard).useValue({ canActivate: () => true }),
    );
    const failures = await failuresOf(plants);
    expect(Object.keys(failures)).toEqual([
      'is as declared with every permission but one that it needs',
      "is as declared with another method's permissions only",
    ]);
    expect(failures['is as declared with every permission but one that it needs']).toContain(
      'POST /plants/:id/* (PlantsController.water) answered 201 without challenge instead of 403 ' +
        'Bearer error="insufficient_scope"',
    );
  });

  it('fails when tokens are not verified', async () => {
    const plants = await createPlants((module) =>
      module.overrideProvider(JwtAuthGuard).useValue({ canActivate: letEverybodyIn }),
    );
    const failures = Object.keys(await failuresOf(plants));
    expect(failures).toContain('is as declared with no token');
    expect(failures).toContain('is as declared with a token of algorithm none');
    expect(failures).toContain("is as declared with a token signed with a foreign key under our key's name");
  });

  it('fails when good tokens are refused', async () => {
    const plants = await createPlants((module) =>
      module.overrideProvider(ScopesGuard).useValue({ canActivate: () => false }),
    );
    expect(Object.keys(await failuresOf(plants))).toContain('is as declared with a good token');
  });
});
