import { Controller, Get, Module, type Type } from '@nestjs/common';
import { APP_FILTER, ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import {
  AccessRules,
  AnyScope,
  Authenticated,
  AuthModule,
  definePermissions,
  OptionalScopes,
  Public,
  Scopes,
} from '../../src/auth/index.js';
import { toManifest } from '../../src/cli/access/manifest.js';
import { toAuth0Tenant } from '../../src/cli/access/tenant.js';
import { describeApi } from '../../src/docs/openapi.js';
import { ProblemFilter } from '../../src/problems/problem.filter.js';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';

const METADATA_PATH = '/.well-known/oauth-protected-resource';
const METADATA_URL = `https://plants.example.com${METADATA_PATH}`;
const permissions = definePermissions({ 'read:plants': 'Read plants', 'cut:plants': 'Cut plants' });

/** One route, with whatever decorators are being tried. */
function plants(...decorators: MethodDecorator[]): Type {
  class PlantsController {
    list() {
      return ['rose'];
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(
    PlantsController.prototype,
    'list',
  ) as PropertyDescriptor;
  for (const decorate of [Get(), ...decorators]) decorate(PlantsController.prototype, 'list', descriptor);
  Controller('plants')(PlantsController);
  @Module({ imports: [AuthModule.forFeature(permissions)], controllers: [PlantsController] })
  class PlantsModule {}
  return PlantsModule;
}

const read = 'read:plants' as never;
const cut = 'cut:plants' as never;

let issuer: TestIssuer;
let app: NestFastifyApplication | undefined;

beforeAll(async () => {
  issuer = await startTestIssuer();
});
afterEach(() => app?.close());
afterAll(() => issuer?.close());

async function start(module: Type): Promise<NestFastifyApplication> {
  const auth = { issuerBaseUrl: issuer.url, audiences: [issuer.audience], resourceMetadataUrl: METADATA_URL };
  const testing = await Test.createTestingModule({
    imports: [AuthModule.forRoot(auth), module],
    providers: [{ provide: APP_FILTER, useClass: ProblemFilter }],
  }).compile();
  app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
  return app.init();
}

/** Everything that speaks of the access to the one route. */
async function derivedFrom(...decorators: MethodDecorator[]) {
  const running = await start(plants(...decorators));
  const rules = running.get(AccessRules);
  const call = async (scopes?: string[]) => {
    const headers = scopes && { authorization: `Bearer ${issuer.tokenFor({ scopes })}` };
    const { statusCode, headers: answered } = await running.inject({ url: '/plants', headers });
    return { statusCode, challenge: answered['www-authenticate'] };
  };
  const document = describeApi(
    {
      modules: running.get(ModulesContainer),
      config: running.get(ApplicationConfig),
      rules,
      resourceMetadataUrl: METADATA_URL,
    },
    { authorizationUrl: `${issuer.url}authorize`, tokenUrl: `${issuer.url}oauth/token` },
  );
  const operation = document.paths['/plants']?.get;
  return {
    withoutToken: await call(),
    withoutScope: await call([]),
    withReading: await call(['read:plants']),
    withBoth: await call(['read:plants', 'cut:plants']),
    security: operation?.security,
    documented: Object.keys(operation?.responses ?? {}),
    forbidden: operation?.responses['403'] as { headers?: Record<string, { example?: string }> } | undefined,
    supported: (await running.inject(METADATA_PATH)).json<{ scopes_supported: string[] }>().scopes_supported,
    manifest: toManifest(rules).find(({ path }) => path === '/plants'),
  };
}

const bare = `Bearer resource_metadata="${METADATA_URL}"`;
const asking = (scope: string) => `Bearer scope="${scope}", resource_metadata="${METADATA_URL}"`;
const lacks = (scope: string) =>
  'Bearer error="insufficient_scope", error_description="The access token lacks a scope that this request needs", ' +
  `scope="${scope}", resource_metadata="${METADATA_URL}"`;

describe('everything about access follows the decorator', () => {
  it('@Scopes of one permission', async () => {
    const derived = await derivedFrom(Scopes(read));
    expect(derived).toMatchObject({
      withoutToken: { statusCode: 401, challenge: asking('read:plants') },
      withoutScope: { statusCode: 403, challenge: lacks('read:plants') },
      withReading: { statusCode: 200 },
      security: [{ oauth2: ['read:plants'] }],
      documented: ['200', '400', '401', '403', '429', '503', 'default'],
      supported: ['read:plants'],
      manifest: { method: 'GET', path: '/plants', access: 'read:plants' },
    });
    expect(derived.forbidden?.headers?.['WWW-Authenticate']?.example).toBe(lacks('read:plants'));
  });

  it('@Scopes of two permissions', async () => {
    const derived = await derivedFrom(Scopes(read, cut));
    expect(derived).toMatchObject({
      withoutToken: { statusCode: 401, challenge: asking('read:plants cut:plants') },
      withReading: { statusCode: 403, challenge: lacks('read:plants cut:plants') },
      withBoth: { statusCode: 200 },
      security: [{ oauth2: ['read:plants', 'cut:plants'] }],
      supported: ['cut:plants', 'read:plants'],
      manifest: { access: 'all of read:plants cut:plants' },
    });
    expect(derived.forbidden?.headers?.['WWW-Authenticate']?.example).toBe(lacks('read:plants cut:plants'));
  });

  it('@AnyScope', async () => {
    expect(await derivedFrom(AnyScope(read, cut))).toMatchObject({
      withoutToken: { statusCode: 401, challenge: asking('read:plants') },
      withoutScope: { statusCode: 403, challenge: lacks('read:plants cut:plants') },
      withReading: { statusCode: 200 },
      security: [{ oauth2: ['read:plants'] }, { oauth2: ['cut:plants'] }],
      supported: ['cut:plants', 'read:plants'],
      manifest: { access: 'any of read:plants cut:plants' },
    });
  });

  it('@OptionalScopes', async () => {
    expect(await derivedFrom(Scopes(read), OptionalScopes(cut))).toMatchObject({
      withoutToken: { statusCode: 401, challenge: asking('read:plants') },
      withoutScope: { statusCode: 403, challenge: lacks('read:plants') },
      withReading: { statusCode: 200 },
      security: [{ oauth2: ['read:plants'] }, { oauth2: ['read:plants', 'cut:plants'] }],
      // Nobody needs it, so clients that know only the URL are not told to ask for it.
      supported: ['read:plants'],
      manifest: { access: 'read:plants', optional: ['cut:plants'] },
    });
  });

  it('@Authenticated', async () => {
    expect(await derivedFrom(Authenticated())).toMatchObject({
      withoutToken: { statusCode: 401, challenge: bare },
      withoutScope: { statusCode: 200 },
      security: [{ oauth2: [] }],
      documented: ['200', '400', '401', '429', '503', 'default'],
      supported: [],
      manifest: { access: 'authenticated' },
    });
  });

  it('@Public', async () => {
    expect(await derivedFrom(Public())).toMatchObject({
      withoutToken: { statusCode: 200 },
      security: [],
      documented: ['200', '400', 'default'],
      manifest: { access: 'public' },
    });
  });
});

describe('the permissions of a tenant', () => {
  it('are those that the modules describe', async () => {
    const running = await start(plants(Scopes(read, cut)));
    const { permissions: described } = running.get(AccessRules);
    const api = {
      name: 'Plants',
      identifier: 'https://plants',
      profile: 'jwt',
      enforcePermissions: false,
    } as const;
    expect(toAuth0Tenant({ ...api, permissions: described })).toMatchObject({
      resourceServers: [
        {
          scopes: [
            { value: 'cut:plants', description: 'Cut plants' },
            { value: 'read:plants', description: 'Read plants' },
          ],
        },
      ],
    });
  });
});

describe('the metadata of the resource', () => {
  it('name the address that their own address is made from, and the issuer', async () => {
    const running = await start(plants(Scopes(read)));
    expect((await running.inject(METADATA_PATH)).json()).toEqual({
      resource: 'https://plants.example.com',
      authorization_servers: [issuer.url],
      scopes_supported: ['read:plants'],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'],
      dpop_bound_access_tokens_required: false,
    });
  });
});
