import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import pino, { type DestinationStream, type Logger } from 'pino';
import type { Principal } from '../auth/index.js';
import { clientAddress } from '../http/client-address.js';
import { traceIdOf } from '../http/proxy-request-id.js';
import type { RequestEnd } from '../http/request-end.js';
import { routeOf } from '../http/request.fields.js';
import { AUDIT_STREAM } from './audit.tokens.js';

export const READS = new Set(['GET', 'HEAD', 'OPTIONS']);
/** The refusals of who calls, or of how often; other faults of a request deny nothing. */
const DENIALS = new Set([401, 403, 429]);
const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
/** How often requests without a token are summed up, in milliseconds. */
const SUMMARY_MS = 60_000;
/** How many actions a summary tells apart; routes are few, and others count together. */
const MAX_ACTIONS = 100;

/** Writes events in the shape of the log's lines. */
export function auditLogger(stream: DestinationStream): Logger {
  return pino({ base: { type: 'audit' }, formatters: { level: (label) => ({ level: label }) } }, stream);
}

/**
 * Writes one event for every write and for every denial, whatever LOG_LEVEL says and whether or not the client waited
 * for the answer: who, by which application, did or wanted to do what, the decision and why. Who is known from a verified
 * token only.
 *
 * Requests without a token are nobody's: anyone can send them, as many as a disk has room for events. The first of a
 * minute, of each action, has an event; the others of that minute are counted in one.
 */
@Injectable()
export class AuditLog implements OnModuleInit, OnModuleDestroy {
  private readonly strangers = new Map<string, number>();
  private audit?: Logger;
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
    @Inject(AUDIT_STREAM) private readonly stream?: DestinationStream,
  ) {}

  onModuleInit(): void {
    if (!this.stream) return;
    const audit = auditLogger(this.stream);
    this.audit = audit;
    this.adapterHost.httpAdapter.getInstance().onRequestEnd((request, reply, end) => {
      const event = eventOf(request, reply, end);
      if (event.decision === 'allowed' && READS.has(request.method)) return;
      if (event.reason !== 'missing_token' || this.isFirst(event.action)) audit.info(event);
    });
  }

  onModuleDestroy(): void {
    this.summarise();
  }

  private isFirst(action: string): boolean {
    this.timer ??= setTimeout(() => this.summarise(), SUMMARY_MS).unref();
    const key = this.strangers.has(action) || this.strangers.size < MAX_ACTIONS ? action : '(others)';
    const seen = this.strangers.get(key);
    this.strangers.set(key, (seen ?? -1) + 1);
    return seen === undefined;
  }

  private summarise(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const [action, count] of this.strangers) {
      if (count > 0) this.audit?.info({ action, decision: 'denied', reason: 'missing_token', count });
    }
    this.strangers.clear();
  }
}

function eventOf(request: FastifyRequest, reply: FastifyReply, { isDelivered, status }: RequestEnd) {
  const { user } = request as { user?: Principal };
  const isDenied = request.refusalReason !== undefined || (status !== undefined && DENIALS.has(status));
  return {
    requestId: request.id,
    traceId: traceIdOf(request),
    issuer: user?.issuer,
    subject: user?.subject,
    clientId: user?.clientId,
    // Who acts for the subject.
    actor: user?.actor?.subject,
    // Where an unknown caller came from is all that is known of one; of others it is not kept.
    address: user ? undefined : clientAddress(request),
    action: `${request.method} ${routeOf(request) ?? '(no route)'}`,
    resource: resourceOf(request, reply),
    decision: isDenied ? 'denied' : 'allowed',
    status,
    // The client has gone: it cannot know what became of its request.
    isDelivered: isDelivered ? undefined : false,
    reason: request.refusalReason ?? request.problemCode,
  };
}

/** The id in the path or, of what was created, in the Location header. */
function resourceOf({ params }: FastifyRequest, reply: FastifyReply): string | undefined {
  const { id } = (params ?? {}) as { id?: unknown };
  const location = typeof id === 'string' ? id : reply.getHeader('location');
  return typeof location === 'string' ? UUID.exec(location)?.[0] : undefined;
}
