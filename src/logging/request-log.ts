import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { routeOf } from '../http/request.fields.js';
import { LOGGER } from './logging.tokens.js';

/**
 * Writes one line for every request, when it has been answered or its client has gone.
 *
 * What a line holds is listed here and nowhere else: the route's template instead of the URL, no header, no parameter, no
 * body, no principal. So nothing of what clients send can get into it, whatever they send.
 */
@Injectable()
export class RequestLog implements OnModuleInit {
  constructor(
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    if (!this.logger.isLevelEnabled('error')) return;
    const { logger } = this;
    const fastify = this.adapterHost.httpAdapter.getInstance();
    fastify.addHook('onResponse', (request, reply, done) => {
      if (reply.statusCode < 500) logger.info(lineOf(request, reply), 'request');
      else logger.error(lineOf(request, reply), 'request');
      done();
    });
    fastify.addHook('onRequestAbort', (request, done) => {
      logger.info({ ...identityOf(request), status: CLIENT_GONE, code: 'client_closed_request' }, 'request');
      done();
    });
  }
}

/** Stands in for the status of the answer that a client did not wait for; nginx writes the same. */
const CLIENT_GONE = 499;

const identityOf = (request: FastifyRequest) => ({
  requestId: request.id,
  method: request.method,
  route: routeOf(request),
});

function lineOf(request: FastifyRequest, reply: FastifyReply) {
  return {
    ...identityOf(request),
    status: reply.statusCode,
    durationMs: Math.round(reply.elapsedTime * 100) / 100,
    code: request.problemCode,
    reason: request.refusalReason,
  };
}
