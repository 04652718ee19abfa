import { Body, Controller, type INestApplication, Logger, Post } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { jest } from '@jest/globals';
import {
  type AccessCheck,
  AccessChecks,
  authDecisions,
  Authenticated,
  AuthModule,
  InvalidToken,
} from '../../src/auth/index.js';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';

// Another module adds checks of its own, and writes them as it likes.

const handled = jest.fn();

@Controller('beds')
class BedsController {
  @Post()
  @Authenticated()
  dig(@Body() body: unknown) {
    handled(body);
  }
}

let issuer: TestIssuer;
let app: INestApplication | undefined;

beforeAll(async () => {
  issuer = await startTestIssuer();
});
afterEach(async () => {
  jest.restoreAllMocks();
  handled.mockClear();
  await app?.close();
  app = undefined;
});
afterAll(() => issuer?.close());

async function start(adapter: ExpressAdapter | FastifyAdapter, ...checks: AccessCheck[]) {
  const auth = AuthModule.forRoot({ issuerBaseUrl: issuer.url, audiences: [issuer.audience] });
  const module = await Test.createTestingModule({ imports: [auth], controllers: [BedsController] }).compile();
  app = module.createNestApplication(adapter as FastifyAdapter, { logger: false });
  for (const check of checks) app.get(AccessChecks).add(check);
  await app.listen(0, '127.0.0.1');
}

const send = async (token: string, body = '{}') =>
  fetch(`${await app!.getUrl()}/beds`, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });

const later = async (error?: unknown) => {
  await new Promise(setImmediate);
  throw error;
};
const atOnce = (error?: unknown) => {
  throw error;
};

const adapters = [ExpressAdapter, FastifyAdapter] as const;
const moments = ['beforeVerification', 'afterVerification'] as const;
const refusals = [
  ['throws an error', () => atOnce(new Error('no'))],
  ['throws nothing at all', () => atOnce()],
  ['throws an error later', () => later(new Error('no'))],
  ['throws nothing at all later', () => later()],
] as const;

describe.each(adapters)('on %p', (Adapter) => {
  describe.each(moments)('a check %s', (moment) => {
    it.each(refusals)('that %s refuses the request before its body is read', async (_title, check) => {
      await start(new Adapter(), { [moment]: check });
      // Read, it would be 400.
      expect((await send(issuer.tokenFor({ scopes: [] }), '{"broken":')).status).toBe(500);
      expect(handled).not.toHaveBeenCalled();
    });

    it('that waits lets in, and the one behind it is asked, too', async () => {
      const asked = jest.fn();
      await start(new Adapter(), { [moment]: () => new Promise(setImmediate) }, { [moment]: asked });
      expect((await send(issuer.tokenFor({ scopes: [] }))).status).toBe(201);
      expect((await send('not.a.token')).status).toBe(401);
      expect(handled).toHaveBeenCalledTimes(1);
      expect(asked).toHaveBeenCalledTimes(moment === 'beforeVerification' ? 2 : 1);
    });
  });

  it.each([
    ['at once', atOnce],
    ['later', later],
  ])(
    'a token that a check refuses %s counts as refused, and checks of refusals are told',
    async (_title, refuse) => {
      const told = jest.fn<() => void>();
      const decisions: unknown[] = [];
      const note = (decision: unknown) => decisions.push(decision);
      await start(new Adapter(), {
        afterVerification: () => refuse(new InvalidToken('revoked_token')),
        onRefusal: told,
      });
      authDecisions.subscribe(note);
      try {
        expect((await send(issuer.tokenFor({ scopes: [] }))).status).toBe(401);
      } finally {
        authDecisions.unsubscribe(note);
      }
      expect(decisions).toEqual([{ outcome: 'refused', reason: 'revoked_token' }]);
      expect(told).toHaveBeenCalledTimes(1);
    },
  );

  it.each(refusals)('a check of refusals that %s changes nothing about one', async (_title, onRefusal) => {
    const log = jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const next = jest.fn<() => void>();
    await start(new Adapter(), { onRefusal }, { onRefusal: next });
    const answer = await send('not.a.token');
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch('invalid_token');
    expect(next).toHaveBeenCalledTimes(1);
    expect(log.mock.calls.map(([text]) => text)).toEqual(['A check has failed to note a refusal']);
  });
});
