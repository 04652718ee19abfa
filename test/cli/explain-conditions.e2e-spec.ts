import { Controller, Delete, Get, Module } from '@nestjs/common';
import {
  AccessRules,
  AnyScope,
  AUTH_OPTIONS,
  AuthModule,
  type AuthOptions,
  Direct,
  Scopes,
  SenderConstrained,
  StepUp,
} from '../../src/auth/index.js';
import { explain } from '../../src/cli/explain/explain.js';
import { findRoute } from '../../src/cli/explain/find-route.js';
import { DpopClient } from '../../src/testing/dpop-client.js';
import { startTestIssuer, type TestApp, type TestClaims, type TestIssuer } from '../../src/testing/index.js';
import { createTestApp } from '../support/test-app.js';

/** A route that asks for everything that one can ask for. */
@Controller('seal')
class SealController {
  @Delete()
  @Scopes('break:seal' as never)
  @SenderConstrained()
  @Direct()
  @StepUp({ maxAge: 300 })
  break() {}

  @Get()
  @AnyScope('look:seal' as never, 'break:seal' as never)
  look() {}
}

@Module({
  imports: [AuthModule.forFeature({ 'look:seal': 'Look at the seal', 'break:seal': 'Break the seal' })],
  controllers: [SealController],
})
class SealModule {}

const BASE_URL = 'https://api.example.com';
const client = new DpopClient();

let issuer: TestIssuer;
let api: TestApp;

beforeAll(async () => {
  issuer = await startTestIssuer();
  api = await createTestApp({ issuer, imports: [SealModule], variables: { BASE_URL } });
});
afterAll(async () => {
  await api?.close();
  await issuer?.close();
});

const scopes = ['break:seal'];
const cnf = client.confirmation;
const act = { sub: 'support|sam' };
const old = { auth_time: 1_600_000_000 };
const GRANTED = 'yes the token grants break:seal';
const BOUND = 'yes the token is bound to its sender';
const DIRECT = 'yes nobody acts for the subject of the token';

it.each<[string, TestClaims, readonly string[]]>([
  ['a scope', { cnf, act, ...old }, ['NO the token grants break:seal']],
  ['a binding', { scopes, act, ...old }, [GRANTED, 'NO the token is bound to its sender: cnf is absent']],
  [
    'the user in person',
    { scopes, cnf, act, ...old },
    [GRANTED, BOUND, 'NO nobody acts for the subject of the token: it has act'],
  ],
  [
    'a new login',
    { scopes, cnf, ...old },
    [GRANTED, BOUND, DIRECT, 'NO the token rests on a login in the last 300 s'],
  ],
  ['nothing', { scopes, cnf }, [GRANTED, BOUND, DIRECT, 'yes the token rests on a login in the last 300 s']],
])(
  'the steps about a token that lacks %s end with it, and as in the API',
  async (_title, claims, expected) => {
    const token = issuer.tokenFor(claims);
    const isBound = 'cnf' in claims;
    const proof = () => client.proof({ method: 'DELETE', url: `${BASE_URL}/seal`, token });
    const rules = api.app.get(AccessRules, { strict: false });
    const { steps, verdict } = await explain(
      {
        route: findRoute(rules.routes, 'DELETE', '/seal')!,
        token,
        ...(isBound && { scheme: 'DPoP', proofs: [proof()] }),
      },
      { rules, options: api.app.get(AUTH_OPTIONS, { strict: false }) },
    );
    const texts = steps.map(({ passed, text }) => `${passed ? 'yes' : 'NO'} ${text}`);
    const asked = texts.slice(texts.findIndex((text) => text.includes('grants break:seal')));
    expect(asked).toEqual(expected.map((text) => expect.stringContaining(text)));
    const answer = await api.inject({
      method: 'DELETE',
      url: '/seal',
      headers: isBound
        ? { authorization: `DPoP ${token}`, dpop: proof() }
        : { authorization: `Bearer ${token}` },
    });
    expect(verdict).toBe(
      answer.statusCode === 200 ? 'accepted' : `${answer.statusCode} ${answer.json<{ code: string }>().code}`,
    );
  },
);

it('the prefix is named of the one scope that a token has of two that a route takes', async () => {
  const rules = api.app.get(AccessRules, { strict: false });
  const route = findRoute(rules.routes, 'GET', '/seal')!;
  const token = issuer.tokenFor({ scopes: ['openid', 'api/look:seal'] });
  const options = api.app.get<AuthOptions>(AUTH_OPTIONS, { strict: false });
  const { settings, verdict } = await explain({ route, token }, { rules, options });
  expect([verdict, settings]).toEqual(['403 insufficient_scope', ['SCOPE_PREFIX=api/']]);
});
