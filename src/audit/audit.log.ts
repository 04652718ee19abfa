import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import pino, { type DestinationStream, type Logger } from 'pino';
import type { Principal } from '../auth/index.js';
import { clientAddress } from '../http/client-address.js';
import type { RequestEnd } from '../http/request-end.js';
import { routeOf, traceIdOf } from '../http/request.fields.js';
import { AUDIT_STREAM } from './audit.tokens.js';

/** The methods that change nothing (RFC 9110, 9.2.1): only their denials are events. */
export const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** The refusals of who calls, or of how often; other faults of a request deny nothing. */
const DENIALS = new Set([401, 403, 429]);
/** The denials that need no credential, or whatever takes the place of one. */
const DENIED_TO_ANYBODY = new Set(['missing_token', 'too_many_failures']);
const UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
/** How often events that anybody can cause are summed up, in milliseconds. */
const SUMMARY_MS = 60_000;
/** How many kinds of event a summary tells apart; routes are few, and others count together. */
const MAX_KINDS = 100;

/** A logger that writes events in the shape of the log's lines, marked by `type: audit`, whatever LOG_LEVEL says. */
export function auditLogger(stream: DestinationStream): Logger {
  return pino({ base: { type: 'audit' }, formatters: { level: (label) => ({ level: label }) } }, stream);
}

type AuditEvent = ReturnType<typeof eventOf>;
/** What an event of a summary tells. */
type Kind = Pick<AuditEvent, 'action' | 'decision' | 'reason'>;
const OTHERS: Kind = { action: '(others)', decision: undefined, reason: undefined };

/**
 * Writes one event for every write and for every denial, whatever LOG_LEVEL says and whether or not the client waited
 * for the answer: who, by which application, did or wanted to do what, the decision and why. Who is known from a verified
 * token only.
 *
 * What strangers send who show no credential, or too many false ones, is nobody's: anyone can send it, as often as a disk
 * has room for events. The first of a minute, of each kind, has an event; the others of that minute are counted in one.
 */
@Injectable()
export class AuditLog implements OnModuleInit, OnModuleDestroy {
  private readonly anybodys = new Map<string, { readonly kind: Kind; count: number }>();
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
      if (READS.has(request.method) && !isDenied(request, end)) return;
      const event = eventOf(request, reply, end);
      if (!isAnybodys(event) || this.isFirst(event)) audit.info(event);
    });
  }

  onModuleDestroy(): void {
    this.summarise();
  }

  private isFirst({ action, decision, reason }: AuditEvent): boolean {
    this.timer ??= setTimeout(() => this.summarise(), SUMMARY_MS).unref();
    const isRoom = this.anybodys.size < MAX_KINDS;
    const own = { action, decision, reason };
    const kind = isRoom || this.anybodys.has(JSON.stringify(own)) ? own : OTHERS;
    const key = JSON.stringify(kind);
    const count = this.anybodys.get(key)?.count ?? -1;
    this.anybodys.set(key, { kind, count: count + 1 });
    return count === -1;
  }

  private summarise(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const { kind, count } of this.anybodys.values()) if (count > 0) this.audit?.info({ ...kind, count });
    this.anybodys.clear();
  }
}

/** Whether anyone can cause such an event, as often as they like: nobody is known by it, and nothing was done. */
function isAnybodys({ issuer, decision, reason }: AuditEvent): boolean {
  return issuer === undefined && (decision === undefined || DENIED_TO_ANYBODY.has(reason ?? ''));
}

/** Who sent a request, as far as a verified token tells; `actor` is who acts for the subject. */
export function callerOf(request: FastifyRequest) {
  const { user } = request as { user?: Principal };
  return {
    issuer: user?.issuer,
    subject: user?.subject,
    clientId: user?.clientId,
    actor: user?.actor?.subject,
  };
}

/** What a request asked for: method and route template, as in `PATCH /expenses/:id`. */
export function actionOf(request: FastifyRequest): string {
  return `${request.method} ${routeOf(request) ?? '(no route)'}`;
}

function isDenied({ refusalReason }: FastifyRequest, { status }: RequestEnd): boolean {
  return refusalReason !== undefined || (status !== undefined && DENIALS.has(status));
}

function eventOf(request: FastifyRequest, reply: FastifyReply, end: RequestEnd) {
  const { user } = request as { user?: Principal };
  const { isDelivered, status } = end;
  const isDone = status !== undefined && status < 400;
  return {
    requestId: request.id,
    traceId: traceIdOf(request),
    ...callerOf(request),
    // Where an unknown caller came from is all that is known of one; of others it is not kept.
    address: user ? undefined : clientAddress(request),
    action: actionOf(request),
    resource: resourceOf(request, reply),
    // None where a stranger's request was turned away for what it is, as one to no path of ours.
    decision: isDenied(request, end) ? 'denied' : user || isDone ? 'allowed' : undefined,
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
