import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { DestinationStream, Logger } from 'pino';
import type { Environment } from '../config/environment.js';
import { ServiceUnavailable } from '../problems/problem.exception.js';
import { AuditFile } from './audit.file.js';
import { actionOf, auditLogger, callerOf, READS } from './audit.log.js';
import { ANNOUNCES_WRITES, AUDIT_STREAM } from './audit.tokens.js';

/** Time after which a client may try again, in seconds. */
const RETRY_AFTER_SECONDS = 30;

/**
 * With AUDIT_REQUIRED=true no write is done that leaves no trace: an event with the decision `pending` is in the file
 * before the write begins, or the request is refused with 503. How it ended is a second event, as without the setting.
 *
 * A request that writes nothing has none: strangers could fill the disk with theirs.
 */
@Injectable()
export class AuditRequired implements OnModuleInit {
  /** Where events must be; absent without AUDIT_REQUIRED. */
  private required?: { readonly file: AuditFile; readonly audit: Logger };

  constructor(
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
    private readonly config: ConfigService<Environment, true>,
    @Inject(AUDIT_STREAM) private readonly stream?: DestinationStream,
  ) {}

  onModuleInit(): void {
    const { stream } = this;
    if (!this.config.get('AUDIT_REQUIRED', { infer: true }) || !(stream instanceof AuditFile)) return;
    this.required = { file: stream, audit: auditLogger(stream) };
    this.adapterHost.httpAdapter.getInstance().addHook('preHandler', (request, _reply, done) => {
      const { url, config } = request.routeOptions;
      const isWrite = url !== undefined && !READS.has(request.method) && !(ANNOUNCES_WRITES in config);
      if (isWrite) this.announce(request);
      done();
    });
  }

  /**
   * Has the event of a write in the file before it begins; does nothing without AUDIT_REQUIRED.
   * @throws ServiceUnavailable 503 `audit_unavailable`, when it cannot be written
   */
  announce(request: FastifyRequest): void {
    if (!this.required) return;
    const { file, audit } = this.required;
    audit.info({
      requestId: request.id,
      ...callerOf(request),
      action: actionOf(request),
      decision: 'pending',
    });
    if (file.isFailing) throw new ServiceUnavailable('audit_unavailable', RETRY_AFTER_SECONDS);
  }
}
