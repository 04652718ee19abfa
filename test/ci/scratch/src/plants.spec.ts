import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { describeAccess, startTestIssuer, type TestIssuer } from 'expenses-api/testing';
import { modules } from './plants.module.js';

let issuer: TestIssuer;
let app: NestFastifyApplication;

beforeAll(async () => {
  issuer = await startTestIssuer({ audience: 'https://plants' });
  const imports = modules({ issuerBaseUrl: issuer.url, audiences: ['https://plants'] });
  const module = await Test.createTestingModule({ imports }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  await app.init();
});
afterAll(async () => {
  await app?.close();
  await issuer?.close();
});

describeAccess(() => app);

it('answers 401 with a challenge', async () => {
  const answer = await app.inject('/plants');
  expect(answer.statusCode).toBe(401);
  expect(answer.headers['www-authenticate']).toBe('Bearer scope="read:plants"');
});

it('answers a good token', async () => {
  const authorization = `Bearer ${issuer.tokenFor({ scopes: ['read:plants'] })}`;
  expect((await app.inject({ url: '/plants', headers: { authorization } })).json()).toEqual(['rose']);
});
