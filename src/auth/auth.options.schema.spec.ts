import { Module } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import * as fc from 'fast-check';
import { AuthModule } from './auth.module.js';
import { AUTH_OPTIONS, type AuthOptions } from './auth.options.js';
import { checkAuthOptions, InvalidAuthOptions } from './auth.options.schema.js';
import { MemoryProofReplays } from './proof/proof-replays.js';

const good = { issuerBaseUrl: 'https://tenant.example.com', audiences: ['https://plants'] };
const keySetReader = async () => [];
const metadata = 'https://plants.example.com/.well-known/oauth-protected-resource';

function faultsOf(check: () => unknown): readonly string[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof InvalidAuthOptions) return error.faults;
    throw error;
  }
}
const faults = (options: unknown, strategy?: unknown) => faultsOf(() => checkAuthOptions(options, strategy));

it('options that are as they should be are taken, every one of them', () => {
  class Strategy {
    authenticateToken() {}
  }
  const replays = new MemoryProofReplays(60);
  const all = {
    ...good,
    jwksUri: 'http://127.0.0.1:3002/jwks',
    issuer: ['acme.com', 'https://acme.com'],
    algorithms: ['ES256', 'Ed25519'],
    audienceClaim: 'client_id',
    requiredClaims: ['token_use=access', 'tid'],
    profile: 'rfc9068',
    grantsFrom: 'scope_and_permissions',
    scopePrefix: 'plants/',
    permissionsClaim: 'realm_access.roles',
    subjectClaim: ['sub', 'client_id'],
    clockToleranceSeconds: 0,
    verifiedTokens: 0,
    keyCooldownMs: 0,
    keyMaxAgeSeconds: 60,
    keyMaxStaleSeconds: 0,
    keySetReader,
    unguardedRoutes: ['GET /metrics'],
    dpop: {
      mode: 'required',
      nonce: 'required',
      nonceSecret: 'x'.repeat(32),
      maxAgeSeconds: 5,
      algorithms: ['ES256'],
      replays,
    },
    resourceName: 'Plants',
    resourceDocumentation: 'https://plants.example.com/docs',
    resourceMetadataUrl: metadata,
  };
  expect(checkAuthOptions(all, Strategy)).toStrictEqual(all);
  expect(checkAuthOptions({ ...good, jwksUri: undefined })).toMatchObject(good);
  const { resourceName } = all;
  expect(checkAuthOptions({ issuers: [good], resourceName })).toStrictEqual({
    issuers: [good],
    resourceName,
  });
});

it.each<[object, string]>([
  [{ clockToleranceSeconds: '5' }, 'clockToleranceSeconds must be a number, from 0 to 300'],
  [{ clockToleranceSeconds: Number.NaN }, 'clockToleranceSeconds must be a number, from 0 to 300'],
  [{ clockToleranceSeconds: -1 }, 'clockToleranceSeconds must be from 0 to 300'],
  [{ clockToleranceSeconds: 10_000 }, 'clockToleranceSeconds must be from 0 to 300'],
  [{ clockToleranceSeconds: null }, 'clockToleranceSeconds must be a number, from 0 to 300'],
  [{ audiences: 'https://plants' }, 'audiences must be a list'],
  [{ audiences: [] }, 'audiences must not be empty'],
  [{ audiences: [''] }, 'audiences[0] must not be empty'],
  [{ audiences: [undefined] }, 'audiences[0] is missing'],
  [{ audiences: undefined }, 'audiences is missing'],
  [{ issuerBaseUrl: undefined }, 'issuerBaseUrl is missing'],
  [{ issuerBaseUrl: 'tenant.example.com' }, 'issuerBaseUrl must be a URL such as https://tenant.example.com'],
  [{ issuerBaseUrl: 'http://a.example.com' }, 'issuerBaseUrl must use https unless its host is this machine'],
  [{ jwksUri: 'https://u:p@a.example.com' }, 'jwksUri must carry no user, query or fragment'],
  [{ issuer: [] }, 'issuer must not be empty'],
  [{ issuer: 5 }, 'issuer must be a list'],
  [{ algorithms: 'RS256' }, 'algorithms must be a list'],
  [
    { algorithms: ['none'] },
    'algorithms[0] must be one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA or Ed25519',
  ],
  [{ requiredClaims: 'a=b' }, 'requiredClaims must be a list'],
  [{ requiredClaims: ['=b'] }, 'requiredClaims[0] must be name=value, or a name alone'],
  [{ profile: 'RFC9068' }, 'profile must be jwt or rfc9068'],
  [{ grantsFrom: 'permissions' }, 'grantsFrom must be scope, scope_or_permissions or scope_and_permissions'],
  [{ scopePrefix: 1 }, 'scopePrefix must be text'],
  [{ permissionsClaim: '' }, 'permissionsClaim must not be empty'],
  [{ subjectClaim: [1] }, 'subjectClaim[0] must be text'],
  [{ verifiedTokens: '0' }, 'verifiedTokens must be a number, 0 or more'],
  [{ verifiedTokens: 1.5 }, 'verifiedTokens must be a whole number'],
  [{ keyCooldownMs: '30000' }, 'keyCooldownMs must be a number, 0 or more'],
  [{ keyMaxAgeSeconds: 0 }, 'keyMaxAgeSeconds must be 1 or more'],
  [{ keyMaxStaleSeconds: Infinity }, 'keyMaxStaleSeconds must be a number, 0 or more'],
  [{ keySetReader: 'jwks-rsa' }, 'keySetReader must be a function'],
  [{ unguardedRoutes: 'GET /metrics' }, 'unguardedRoutes must be a list'],
  [{ unguardedRoutes: ['/metrics'] }, 'unguardedRoutes[0] must be a method and a path, as in GET /metrics'],
  [{ dpop: 'required' }, 'dpop must be an object'],
  [{ dpop: { mode: 'on' } }, 'dpop.mode must be off, allowed or required'],
  [{ dpop: { mode: 'required' } }, 'dpop.mode needs `resourceMetadataUrl`, which says where the API is'],
  [{ dpop: { nonceSecret: 'short' } }, 'dpop.nonceSecret must have at least 32 characters'],
  [{ dpop: { maxAgeSeconds: '60' } }, 'dpop.maxAgeSeconds must be a number, from 1 to 3600'],
  [{ dpop: { replays: {} } }, 'dpop.replays must have a method `use`'],
  [{ dpop: { maxAge: 60 } }, 'dpop.maxAge is no option'],
  [{ dpop: { algorithm: ['ES256'] } }, 'dpop.algorithm is no option; is algorithms meant?'],
  [{ resourceName: '' }, 'resourceName must not be empty'],
  [
    { resourceDocumentation: 'docs' },
    'resourceDocumentation must be a URL such as https://tenant.example.com',
  ],
  [
    { resourceMetadataUrl: 'https://plants.example.com' },
    'resourceMetadataUrl must hold /.well-known/oauth-protected-resource right after its host (RFC 9728, 3.1)',
  ],
  [{ clockTolerance: 5 }, 'clockTolerance is no option'],
  [{ clockTolleranceSeconds: 5 }, 'clockTolleranceSeconds is no option; is clockToleranceSeconds meant?'],
  [{ audience: 'https://plants' }, 'audience is no option; is audiences meant?'],
  [{ issuerBaseURL: 'https://a.example.com' }, 'issuerBaseURL is no option; is issuerBaseUrl meant?'],
  [{ isGlobal: true }, 'isGlobal is no option'],
  [{ strategy: class {} }, 'strategy belongs beside `useFactory`, not into what it returns'],
])('%j is refused: %s', (change, fault) => {
  expect(faults({ ...good, ...change })).toStrictEqual([fault]);
});

it('all faults are named at once', () => {
  expect(
    faults(
      { audiences: 'https://plants', clockToleranceSeconds: '5', tokens: 1, dpop: { mode: 'required' } },
      class {},
    ),
  ).toStrictEqual(
    expect.arrayContaining([
      'issuerBaseUrl is missing',
      'audiences must be a list',
      'clockToleranceSeconds must be a number, from 0 to 300',
      'tokens is no option',
      'dpop.mode needs `resourceMetadataUrl`, which says where the API is',
      'strategy must be a class with a method `authenticateToken`, as JwtStrategy is',
    ]),
  );
});

it('issuers are judged one by one, and not mixed with options of one alone', () => {
  expect(
    faults({
      issuers: [good, { ...good, issuerBaseUrl: 'https://b.example.com', audience: 'x' }, 7],
      profile: 'jwt',
    }),
  ).toStrictEqual([
    'issuers[1].audience is no option; is audiences meant?',
    'issuers[2] must be the options of an issuer',
    'profile belongs into the members of `issuers`',
  ]);
  expect(faults({ issuers: [good, { ...good, issuerBaseUrl: `${good.issuerBaseUrl}/` }] })).toStrictEqual([
    'issuers[1] is the same issuer as issuers[0]',
  ]);
  expect(faults({ issuers: [] })).toStrictEqual(['issuers must not be empty']);
  expect(faults({ issuers: good })).toStrictEqual(['issuers must be a list']);
});

it('an option that is undefined is one that is not given', () => {
  expect(faults({ ...good, issuers: undefined, strategy: undefined, dpop: undefined })).toStrictEqual([]);
});

it.each([undefined, null, 'https://tenant.example.com', 5, []])('%j are no options', (options) => {
  expect(faults(options)).toHaveLength(1);
});

it('whatever the options are, they are taken or refused, and no value of theirs is repeated', () => {
  const names = Object.keys({
    ...good,
    issuers: [],
    dpop: {},
    clockToleranceSeconds: 1,
    resourceMetadataUrl: '',
  });
  const secret = 'do-not-repeat-me';
  const value = fc.oneof(
    fc.anything(),
    fc.constant(secret),
    fc.constant([secret]),
    fc.constant({ mode: secret }),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), value), (options) => {
      expect(faults(options).join('\n')).not.toContain(secret);
    }),
  );
});

const start = (auth: ReturnType<typeof AuthModule.forRoot>) => {
  @Module({ imports: [auth] })
  class PlantsModule {}
  return Test.createTestingModule({ imports: [PlantsModule] })
    .compile()
    .then((module) => module.createNestApplication(new FastifyAdapter(), { logger: false }).init());
};

describe('an application with options that cannot be used does not start', () => {
  const fromVariables = {
    ...good,
    clockToleranceSeconds: '5',
    audiences: 'https://plants',
  } as unknown as AuthOptions;
  const sentences = 'audiences must be a list\n  clockToleranceSeconds must be a number';

  it('by forRoot', () =>
    expect(start(AuthModule.forRoot(fromVariables))).rejects.toThrow(/audiences must be a list/));

  it.each([undefined, null, 'https://tenant.example.com'])('by forRoot, given %j', (nothing) => {
    expect(() => AuthModule.forRoot(nothing as never)).toThrow(InvalidAuthOptions);
  });

  it('by forRootAsync', async () => {
    const auth = AuthModule.forRootAsync({ useFactory: () => fromVariables });
    const error = await start(auth).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidAuthOptions);
    for (const sentence of sentences.split('\n  ')) expect((error as Error).message).toContain(sentence);
  });

  it('by a strategy that judges no tokens', () =>
    expect(start(AuthModule.forRoot({ ...good, strategy: class {} as never }))).rejects.toThrow(
      /strategy must be a class/,
    ));

  it('and what was checked cannot be changed any more from outside', async () => {
    const options = { ...good, audiences: [...good.audiences] };
    const module = await Test.createTestingModule({ imports: [AuthModule.forRoot(options)] }).compile();
    options.audiences.push('https://others');
    expect(module.get(AUTH_OPTIONS)).toStrictEqual(good);
  });
});
