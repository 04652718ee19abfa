import { Controller, Get, Header, Module, Res } from '@nestjs/common';
import { ApiOkResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Public } from '../../src/auth/index.js';
import { startTestIssuer, type TestApp, type TestIssuer } from '../../src/testing/index.js';
import { takeContractFaults } from '../support/contract.js';
import { createTestApp } from '../support/test-app.js';

/** Routes that answer otherwise than they say. */
@Controller('liars')
@Public()
class LiarsController {
  @Get('body')
  @ApiOkResponse({ description: 'A count', standardSchema: z.object({ count: z.int() }) })
  body() {
    return { count: 'many' };
  }

  @Get('header')
  @Header('X-Surprise', 'yes')
  @ApiOkResponse({ description: 'A count', standardSchema: z.object({ count: z.int() }) })
  header() {
    return { count: 1 };
  }

  @Get('status')
  @ApiOkResponse({ description: 'A count', standardSchema: z.object({ count: z.int() }) })
  status(@Res({ passthrough: true }) reply: FastifyReply) {
    void reply.status(202);
    return { count: 1 };
  }

  @Get('type')
  @Header('Content-Type', 'text/html')
  @ApiOkResponse({ description: 'A count', standardSchema: z.object({ count: z.int() }) })
  type() {
    return 'many';
  }
}

@Module({ controllers: [LiarsController] })
class LiarsModule {}

describe('an answer that is not as it is described', () => {
  let issuer: TestIssuer | undefined;
  let api: TestApp;

  beforeAll(async () => {
    issuer = await startTestIssuer();
    api = await createTestApp({ issuer, imports: [LiarsModule] });
  });
  afterAll(async () => {
    await api?.close();
    await issuer?.close();
  });

  it.each([
    ['body', /count must be integer/],
    ['header', /the header x-surprise is not documented/],
    ['status', /the status is not documented/],
    ['type', /a body of the type text\/html is not documented/],
  ])('is found by its %s', async (route, fault) => {
    await api.get(`/liars/${route}`);
    expect(takeContractFaults()).toEqual([expect.stringMatching(fault)]);
  });
});
