import { randomUUID } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

export interface Sent {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

export function createAdapter(): FastifyAdapter {
  const adapter = new FastifyAdapter({
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 20_000 },
  });
  adapter.getInstance().addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
  return adapter;
}

/** Sends a request without a socket. */
export const sendGet = (app: INestApplication, url: string, headers: Record<string, string>): Promise<Sent> =>
  (app as NestFastifyApplication).inject({ url, headers });
