import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import pino, { type DestinationStream, type Logger } from 'pino';
import type { Principal } from '../auth/index.js';
import { clientAddress } from '../http/client-address.js';
import { routeOf } from '../http/request.fields.js';
import { AUDIT_STREAM } from './audit.tokens.js';

export const READS = new Set(['GET', 'HEAD', 'OPTIONS']);
/** The refusals of who calls, or of how often; other faults of a request deny nothing. */
const DENIALS = new Set([401, 403, 429]);
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Writes events in the shape of the log's lines. */
export function auditLogger(stream: DestinationStream): Logger {
  return pino({ base: { type: 'audit' }, formatters: { level: (label) => ({ level: label }) } }, stream);
}

/**
 * Writes one event for every write and for every denial, whatever LOG_LEVEL says: who, by which application, did or
 * wanted to do what, the decision and why. Who is known from a verified token only.
 */
@Injectable()
export class AuditLog implements OnModuleInit {
  constructor(
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
    @Inject(AUDIT_STREAM) private readonly stream?: DestinationStream,
  ) {}

  onModuleInit(): void {
    if (!this.stream) return;
    const audit = auditLogger(this.stream);
    this.adapterHost.httpAdapter.getInstance().addHook('onResponse', (request, reply, done) => {
      if (isDenied(request, reply) || !READS.has(request.method)) audit.info(eventOf(request, reply));
      done();
    });
  }
}

function isDenied({ refusalReason }: FastifyRequest, { statusCode }: FastifyReply): boolean {
  return refusalReason !== undefined || DENIALS.has(statusCode);
}

function eventOf(request: FastifyRequest, reply: FastifyReply) {
  const { user } = request as { user?: Principal };
  const { id } = (request.params ?? {}) as { id?: unknown };
  const denied = isDenied(request, reply);
  return {
    requestId: request.id,
    subject: user?.subject,
    clientId: user?.clientId,
    // Where an unknown caller came from is all that is known of one; of others it is not kept.
    address: user ? undefined : clientAddress(request),
    action: `${request.method} ${routeOf(request) ?? '(no route)'}`,
    resource: typeof id === 'string' && UUID.test(id) ? id : undefined,
    decision: denied ? 'denied' : 'allowed',
    status: reply.statusCode,
    reason: request.refusalReason ?? request.problemCode,
  };
}
