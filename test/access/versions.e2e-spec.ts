import {
  Controller,
  Get,
  type INestApplication,
  type VersioningOptions,
  VersioningType,
} from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { AuthModule, Scopes } from '../../src/auth/index.js';
import { describeAccess, startTestIssuer, type TestIssuer } from '../../src/testing/index.js';

@Controller({ path: 'plants', version: '1' })
class PlantsController {
  @Get()
  @Scopes('read:plants' as never)
  list() {
    return [];
  }
}

@Controller({ path: 'plants', version: ['2', '3'] })
class NewPlantsController {
  @Get()
  @Scopes('read:new-plants' as never)
  list() {
    return [];
  }
}

const versionings: readonly [string, VersioningOptions][] = [
  ['a header', { type: VersioningType.HEADER, header: 'X-Version' }],
  ['the media type', { type: VersioningType.MEDIA_TYPE, key: 'v=' }],
];

describe.each([
  ['Fastify', () => new FastifyAdapter()],
  ['Express', () => new ExpressAdapter()],
])('on %s', (_server, adapter) => {
  describe.each(versionings)('with versions by %s', (_title, versioning) => {
    let issuer: TestIssuer;
    let app: INestApplication;

    beforeAll(async () => {
      issuer = await startTestIssuer();
      const module = await Test.createTestingModule({
        imports: [AuthModule.forRoot({ issuerBaseUrl: issuer.url, audiences: [issuer.audience] })],
        controllers: [PlantsController, NewPlantsController],
      }).compile();
      app = module.createNestApplication(adapter(), { logger: false });
      app.enableVersioning(versioning);
      await app.init();
    });
    afterAll(async () => {
      await app?.close();
      await issuer?.close();
    });

    describeAccess(() => app);
  });
});
