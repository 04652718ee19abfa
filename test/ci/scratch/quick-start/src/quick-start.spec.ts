import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { createAdapter, sendGet } from '../test/support/platform.js';
import { AppModule } from './app.module.js';

let app: INestApplication;

beforeAll(async () => {
  const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
  app = module.createNestApplication(createAdapter(), { logger: false });
  await app.init();
});
afterAll(() => app?.close());

it('the quick start challenges strangers, and has a public route', async () => {
  const refused = await sendGet(app, '/plants', {});
  expect(refused.statusCode).toBe(401);
  expect(refused.headers).toMatchObject({
    'www-authenticate': 'Bearer scope="read:plants"',
    'content-type': expect.stringContaining('application/problem+json'),
  });
  const open = await sendGet(app, '/plants/about', {});
  expect({ status: open.statusCode, body: open.body }).toEqual({ status: 200, body: '{"name":"Plants"}' });
});
