import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  HttpException,
  Module,
} from '@nestjs/common';
import { APP_FILTER, BaseExceptionFilter } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { FastifyReply } from 'fastify';
import { AuthModule, ProblemFilter, Scopes } from '../../src/auth/index.js';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';

// An application of somebody else has filters of its own for its errors, and puts them where it likes.

@Catch()
class TextFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost) {
    const status = error instanceof HttpException ? error.getStatus() : 500;
    void host.switchToHttp().getResponse<FastifyReply>().status(status).send('no');
  }
}

@Controller('plants')
class PlantsController {
  @Get()
  @Scopes('read:plants' as never)
  list() {
    return ['rose'];
  }
}

/** Modules after AuthModule have the first word about errors. */
function plantsWith(filter: new (...parameters: never[]) => ExceptionFilter) {
  @Module({
    imports: [AuthModule.forFeature({ 'read:plants': 'Read plants' })],
    controllers: [PlantsController],
    providers: [{ provide: APP_FILTER, useClass: filter }],
  })
  class PlantsModule {}
  return PlantsModule;
}

let issuer: TestIssuer;
let app: NestFastifyApplication | undefined;

beforeAll(async () => {
  issuer = await startTestIssuer();
});
afterEach(() => app?.close());
afterAll(() => issuer?.close());

it.each([TextFilter, ProblemFilter, BaseExceptionFilter])(
  'a 401 and a 403 carry their challenge although %p answers every error of the application',
  async (filter) => {
    const auth = { issuerBaseUrl: issuer.url, audiences: [issuer.audience] };
    const testing = await Test.createTestingModule({
      imports: [AuthModule.forRoot(auth), plantsWith(filter)],
    }).compile();
    app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await app.init();
    const poor = { authorization: `Bearer ${issuer.tokenFor({ scopes: [] })}` };

    const missing = await app.inject('/plants');
    const insufficient = await app.inject({ url: '/plants', headers: poor });

    expect(missing.statusCode).toBe(401);
    expect(missing.headers['www-authenticate']).toBe('Bearer scope="read:plants"');
    expect(insufficient.statusCode).toBe(403);
    expect(insufficient.headers['www-authenticate']).toContain('error="insufficient_scope"');
  },
);
