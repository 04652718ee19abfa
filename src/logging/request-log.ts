import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Principal } from '../auth/index.js';
import { proxyRequestId } from '../http/proxy-request-id.js';
import type { RequestEnd } from '../http/request-end.js';
import { routeOf, traceIdOf } from '../http/request.fields.js';
import { LOGGER } from './logging.tokens.js';

/**
 * Writes one line for every request, when it has been answered or its client has gone.
 *
 * What a line holds is listed here and nowhere else: the route's template instead of the URL, no header, no parameter, no
 * body, no principal. So nothing of what clients send can get into it, whatever they send. That somebody acted for the
 * subject of the token is in it; who that was, and for whom, tells the audit event of the same `requestId`.
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
    const tellsAll = logger.isLevelEnabled('info');
    this.adapterHost.httpAdapter.getInstance().onRequestEnd((request, _reply, end) => {
      const isFault = end.countedAs >= 500;
      if ((!isFault && !tellsAll) || isProbe(request)) return;
      if (!isFault) logger.info(lineOf(request, end), 'request');
      else logger.error(lineOf(request, end), 'request');
    });
  }
}

/** Balancers and supervisors ask every few seconds; what they are told is logged when it changes. */
function isProbe(request: FastifyRequest): boolean {
  return /^\/health(?:\/|$)/.test(routeOf(request) ?? '');
}

function lineOf(
  request: FastifyRequest & { user?: Principal },
  { isDelivered, countedAs, durationMs }: RequestEnd,
) {
  return {
    requestId: request.id,
    method: request.method,
    route: routeOf(request),
    status: countedAs,
    durationMs: Math.round(durationMs * 100) / 100,
    code: isDelivered ? request.problemCode : 'client_closed_request',
    reason: request.refusalReason,
    isDelegated: request.user?.actor ? true : undefined,
    proxyRequestId: proxyRequestId(request),
    traceId: traceIdOf(request),
  };
}
