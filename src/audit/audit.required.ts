import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { DestinationStream } from 'pino';
import type { Principal } from '../auth/index.js';
import type { Environment } from '../config/environment.js';
import { routeOf } from '../http/request.fields.js';
import { ServiceUnavailable } from '../problems/problem.exception.js';
import { AuditFile } from './audit.file.js';
import { auditLogger, READS } from './audit.log.js';
import { AUDIT_STREAM } from './audit.tokens.js';

/** Time after which a client may try again, in seconds. */
const RETRY_AFTER_SECONDS = 30;

/**
 * With AUDIT_REQUIRED=true no write is done that leaves no trace: an event with the decision `pending` is in the file
 * before the write begins, or the request is refused with 503. How it ended is a second event, as without the setting.
 */
@Injectable()
export class AuditRequired implements OnModuleInit {
  constructor(
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
    private readonly config: ConfigService<Environment, true>,
    @Inject(AUDIT_STREAM) private readonly stream?: DestinationStream,
  ) {}

  onModuleInit(): void {
    const { stream } = this;
    if (!this.config.get('AUDIT_REQUIRED', { infer: true }) || !(stream instanceof AuditFile)) return;
    const audit = auditLogger(stream);
    this.adapterHost.httpAdapter.getInstance().addHook('preHandler', (request, _reply, done) => {
      if (READS.has(request.method)) return done();
      const { user } = request as { user?: Principal };
      audit.info({
        requestId: request.id,
        issuer: user?.issuer,
        subject: user?.subject,
        clientId: user?.clientId,
        actor: user?.actor?.subject,
        action: `${request.method} ${routeOf(request) ?? '(no route)'}`,
        decision: 'pending',
      });
      done(stream.isFailing ? new ServiceUnavailable('audit_unavailable', RETRY_AFTER_SECONDS) : undefined);
    });
  }
}
