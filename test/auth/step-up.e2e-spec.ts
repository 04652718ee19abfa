import { jest } from '@jest/globals';
import { Controller, Delete, Get, Module, Post } from '@nestjs/common';
import {
  Authenticated,
  CurrentPrincipal,
  definePermissions,
  AuthModule,
  type Principal,
  Scopes,
  StepUp,
} from '../../src/auth/index.js';
import { toManifest, toText } from '../../src/cli/access/manifest.js';
import { AccessRules } from '../../src/auth/index.js';
import {
  createTestApp,
  describeAccess,
  startTestIssuer,
  type TestApp,
  type TestClaims,
  type TestIssuer,
} from '../../src/testing/index.js';

const permissions = definePermissions({ 'read:vault': 'Read the vault', 'empty:vault': 'Empty the vault' });

/** Every way of asking for a login. */
@Controller('vault')
@StepUp({ maxAge: 300 })
class VaultController {
  @Get()
  @Scopes('read:vault' as never)
  read(@CurrentPrincipal() { authentication }: Principal) {
    return authentication;
  }

  @Get('door')
  @Authenticated()
  @StepUp({ acr: ['hardware', 'phr'] })
  door() {
    return 'open';
  }

  @Delete()
  @Scopes('empty:vault' as never)
  @StepUp({ maxAge: 60, acr: 'phr' })
  empty() {
    return 'empty';
  }
}

@Controller('garden')
class GardenController {
  @Post()
  @Authenticated()
  dig(@CurrentPrincipal() { authentication }: Principal) {
    return { authentication };
  }
}

@Module({
  imports: [AuthModule.forFeature(permissions)],
  controllers: [VaultController, GardenController],
})
class VaultModule {}

const metadata = 'resource_metadata="https://api.example.com/.well-known/oauth-protected-resource"';
const OLD =
  'Bearer error="insufficient_user_authentication", error_description="The user must have logged in more recently", ' +
  `max_age="300", scope="read:vault", ${metadata}`;

let issuer: TestIssuer;
let service: TestApp;

beforeAll(async () => {
  issuer = await startTestIssuer();
  service = await createTestApp({
    issuer,
    imports: [VaultModule],
    variables: { BASE_URL: 'https://api.example.com' },
  });
});
afterAll(async () => {
  await service?.close();
  await issuer?.close();
});

const now = () => Math.floor(Date.now() / 1000);
const read = (claims: TestClaims) =>
  service.get('/vault', issuer.tokenFor({ scopes: ['read:vault'], ...claims }));

const remove = (url: string, claims: TestClaims) =>
  service.inject(
    { method: 'DELETE', url },
    issuer.tokenFor({ scopes: ['empty:vault', 'delete:expenses'], ...claims }),
  );
const dig = async (claims: TestClaims) =>
  (await service.inject({ method: 'POST', url: '/garden' }, issuer.tokenFor(claims))).json<object>();

describe('a route that asks for a login of the last 300 s', () => {
  it('lets in whose login is new enough, and tells how it was', async () => {
    const time = now() - 290;
    const answer = await read({ auth_time: time, acr: 'phr', amr: ['pwd', 'hwk'] });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ time, acr: 'phr', amr: ['pwd', 'hwk'] });
  });

  it.each<[string, TestClaims]>([
    ['is a second too old', { auth_time: now() - 301 }],
    ['is of another day', { auth_time: now() - 86_400 }],
    ['is in the future', { auth_time: now() + 3600 }],
    ['is of an unknown time', { auth_time: undefined }],
    ['is of a time in text', { auth_time: String(now()) }],
    ['is of a time in a list', { auth_time: [now()] }],
    ['is of no time', { auth_time: null }],
    ['is of a time in milliseconds', { auth_time: Date.now() }],
    ['is of a time before 1970', { auth_time: -5 }],
    ['is true', { auth_time: true }],
    ['is that of an application', { gty: 'client-credentials' }],
    ['is that of an application named in sub', { sub: 'expenses-web' }],
  ])('asks for a new login when the last one %s', async (_title, claims) => {
    const answer = await read(claims);
    expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([401, OLD]);
    expect(answer.json()).toMatchObject({
      status: 401,
      code: 'insufficient_user_authentication',
      detail: 'The user must have logged in more recently',
    });
  });

  it('does not read a time that no number can hold', async () => {
    const claims = JSON.stringify(issuer.claims({ scopes: ['read:vault'] }));
    const token = issuer.sign({}, claims.replace(/"auth_time":\d+/, '"auth_time":1e999'));
    expect((await service.get('/vault', token)).headers['www-authenticate']).toBe(OLD);
  });

  it('forgives the difference of clocks for a login that seems to be in the future', async () => {
    expect((await read({ auth_time: now() + 8 })).statusCode).toBe(200);
    expect((await read({ auth_time: now() + 30 })).statusCode).toBe(401);
  });

  it('judges every request anew, whatever is remembered of the token', async () => {
    const token = issuer.tokenFor({ scopes: ['read:vault'], auth_time: now() - 298 });
    expect((await service.get('/vault', token)).statusCode).toBe(200);
    const later = Date.now() + 5000;
    const clock = jest.spyOn(Date, 'now').mockReturnValue(later);
    const answer = await service.get('/vault', token);
    clock.mockRestore();
    expect(answer.headers['www-authenticate']).toBe(OLD);
  });

  it('says first that a scope is missing, which no login brings', async () => {
    const token = issuer.tokenFor({ scopes: ['empty:vault'], auth_time: 1 });
    expect((await service.get('/vault', token)).statusCode).toBe(403);
  });
});

describe('a route that asks for a kind of login', () => {
  it.each(['hardware', 'phr'])('lets in %s, which is one of those', async (acr) => {
    expect((await service.get('/vault/door', issuer.tokenFor({ acr }))).statusCode).toBe(200);
  });

  it.each([undefined, 'password', 'PHR', ['phr'], 'hardware phr', 1])(
    'asks for one of those, and not for %j',
    async (acr) => {
      const answer = await service.get('/vault/door', issuer.tokenFor({ acr }));
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toBe(
        'Bearer error="insufficient_user_authentication", ' +
          `error_description="The user must log in in another way", acr_values="hardware phr", ${metadata}`,
      );
    },
  );

  it('overrides what its class asks', async () => {
    const token = issuer.tokenFor({ acr: 'phr', auth_time: now() - 1000 });
    expect((await service.get('/vault/door', token)).statusCode).toBe(200);
  });

  it('can ask for both', async () => {
    expect((await remove('/vault', { acr: 'phr' })).statusCode).toBe(200);
    expect((await remove('/vault', { acr: 'pwd' })).headers['www-authenticate']).toContain(
      'acr_values="phr", max_age="60"',
    );
    expect((await remove('/vault', { acr: 'phr', auth_time: now() - 70 })).statusCode).toBe(401);
  });
});

it('a principal of a token without a login has no authentication', async () => {
  expect(await dig({ auth_time: undefined })).toEqual({});
  expect(await dig({ auth_time: 'yesterday', acr: '', amr: 'pwd' })).toEqual({});
  expect(await dig({ auth_time: 5, sub: 'expenses-web@clients' })).toEqual({});
});

it('erasing all expenses asks for a login of the last five minutes', async () => {
  const refused = await remove('/expenses', { auth_time: now() - 310 });
  expect([refused.statusCode, refused.headers['www-authenticate']]).toEqual([
    401,
    'Bearer error="insufficient_user_authentication", error_description="The user must have logged in more recently", ' +
      `max_age="300", scope="delete:expenses", ${metadata}`,
  ]);
  expect((await remove('/expenses', { auth_time: now() - 280 })).statusCode).toBe(200);
});

it('a step-up is in the list of routes and in the OpenAPI description', async () => {
  const manifest = toManifest(service.app.get(AccessRules, { strict: false }));
  const empty = manifest.find(({ method, path }) => method === 'DELETE' && path === '/vault');
  expect(empty).toMatchObject({ access: 'empty:vault', stepUp: { maxAge: 60, acr: 'phr' } });
  expect(toText([empty!])).toBe('DELETE  /vault  empty:vault, login in the last 60 s and with acr phr\n');
  const { paths } = (await service.get('/docs/json')).json<{
    paths: Record<string, Record<string, object>>;
  }>();
  expect(paths['/vault']?.delete).toMatchObject({
    'x-step-up': { maxAge: 60, acr: 'phr' },
    responses: {
      401: {
        content: {
          'application/problem+json': {
            examples: {
              insufficient_user_authentication: {
                $ref: '#/components/examples/insufficient_user_authentication',
              },
            },
          },
        },
      },
    },
  });
  expect(paths['/garden']?.post).not.toHaveProperty('x-step-up');
});

describeAccess(() => service);
