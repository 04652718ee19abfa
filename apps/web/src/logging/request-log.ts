import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { notingApiRequests } from './api-requests.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The API's ids of the requests that were made for this one. */
    apiRequests?: string[];
  }
}

/** Stands in for the status of the answer that a browser did not wait for; nginx writes the same. */
const CLIENT_GONE = 499;

/**
 * Writes one line for every request, when it has been answered or its browser has gone: the route's template instead of
 * the address, and the ids that the API gave its part of the work. Nothing that anybody typed gets into it.
 */
export function logRequests(app: NestFastifyApplication, logger: Logger): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request, _reply, done) => {
    request.apiRequests = notingApiRequests(done);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const level = reply.statusCode < 500 ? 'info' : 'error';
    logger[level]({ ...identityOf(request), ...outcomeOf(request, reply) }, 'request');
    done();
  });
  fastify.addHook('onRequestAbort', (request, done) => {
    logger.info({ ...identityOf(request), status: CLIENT_GONE }, 'request');
    done();
  });
}

function identityOf(request: FastifyRequest) {
  return { requestId: request.id, method: request.method, route: request.routeOptions.url };
}

function outcomeOf({ apiRequests = [] }: FastifyRequest, reply: FastifyReply) {
  return {
    status: reply.statusCode,
    durationMs: Math.round(reply.elapsedTime * 100) / 100,
    ...(apiRequests.length > 0 && { apiRequestIds: apiRequests }),
  };
}
