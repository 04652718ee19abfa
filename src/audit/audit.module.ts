import { Module } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import pino, { type DestinationStream } from 'pino';
import type { Environment } from '../config/environment.js';
import { LOG_STREAM } from '../logging/logging.tokens.js';
import { AuditLog } from './audit.log.js';
import { AUDIT_STREAM } from './audit.tokens.js';

/** The file AUDIT_LOG, else standard output; `LOG_LEVEL=silent` silences the latter altogether. */
function openStream(
  config: ConfigService<Environment, true>,
  standardOutput: DestinationStream,
): DestinationStream | undefined {
  const file = config.get('AUDIT_LOG', { infer: true });
  // Written at once: an event must not be lost with the process.
  if (file) return pino.destination({ dest: file, append: true, mkdir: true, mode: 0o600, sync: true });
  return config.get('LOG_LEVEL', { infer: true }) === 'silent' ? undefined : standardOutput;
}

/** Audit events, on a stream of their own. */
@Module({
  providers: [
    AuditLog,
    { provide: AUDIT_STREAM, inject: [ConfigService, LOG_STREAM], useFactory: openStream },
  ],
})
export class AuditModule {}
