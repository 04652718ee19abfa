import { Controller, Get } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication, RouteConstraints } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { AuthModule, Scopes } from '../../src/auth/index.js';
import { describeRouteForms } from '../support/route-forms.js';

describe('on Fastify, every route is decided by its own declaration:', () => {
  describeRouteForms(() => new FastifyAdapter());

  it('routes of one path with different constraints', async () => {
    @Controller('beds')
    class BedsController {
      @Get()
      @RouteConstraints({ host: 'a.example' })
      @Scopes('a' as never)
      ofA() {}

      @Get()
      @RouteConstraints({ host: 'b.example' })
      @Scopes('b' as never)
      ofB() {}
    }
    const auth = AuthModule.forRoot({ issuerBaseUrl: 'http://localhost:1', audiences: ['beds'] });
    const module = await Test.createTestingModule({
      imports: [auth],
      controllers: [BedsController],
    }).compile();
    const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    try {
      await app.init();
      const challenges = ['a.example', 'b.example'].map(async (host) => {
        const { headers } = await app.inject({ url: '/beds', headers: { host } });
        return headers['www-authenticate'];
      });
      expect(await Promise.all(challenges)).toEqual(['Bearer scope="a"', 'Bearer scope="b"']);
    } finally {
      await app.close();
    }
  });
});

describe('on Express, every route is decided by its own declaration:', () => {
  describeRouteForms(() => new ExpressAdapter());
});
