import 'reflect-metadata';
import type { INestApplication } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { AuthModule, ProblemFilter } from 'nest-resource-server';
import type { TestIssuer } from 'nest-resource-server/testing';
import { createAdapter, type Sent, sendGet } from './platform.js';
import { BASE_URL } from './refusal.js';
import { ReportsModule } from './reports.module.js';

/** An application with nothing but the access control of the package, for the hostile suites of expenses-api. */
export class TestApp {
  constructor(readonly app: INestApplication) {}

  get(url: string, token?: string): Promise<Sent> {
    return sendGet(this.app, url, token === undefined ? {} : { authorization: `Bearer ${token}` });
  }

  async listen(): Promise<string> {
    await this.app.listen(0, '127.0.0.1');
    return this.app.getUrl();
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

export async function createAuthApp(issuer: TestIssuer): Promise<TestApp> {
  const auth = AuthModule.forRoot({
    issuerBaseUrl: issuer.url,
    audiences: [issuer.audience],
    resourceMetadataUrl: `${BASE_URL}/.well-known/oauth-protected-resource`,
  });
  const module = await Test.createTestingModule({
    imports: [auth, ReportsModule],
    providers: [{ provide: APP_FILTER, useClass: ProblemFilter }],
  }).compile();
  const app = module.createNestApplication(createAdapter(), { logger: false });
  await app.init();
  return new TestApp(app);
}
