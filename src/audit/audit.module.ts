import { Global, Module } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { DestinationStream } from 'pino';
import type { Environment } from '../config/environment.js';
import { LOG_STREAM } from '../logging/logging.tokens.js';
import { AuditFile } from './audit.file.js';
import { AuditLog } from './audit.log.js';
import { AuditRequired } from './audit.required.js';
import { AUDIT_STREAM } from './audit.tokens.js';

/** The file AUDIT_LOG, else standard output; `LOG_LEVEL=silent` silences the latter altogether. */
function openStream(
  config: ConfigService<Environment, true>,
  standardOutput: DestinationStream,
): DestinationStream | undefined {
  const file = config.get('AUDIT_LOG', { infer: true });
  if (file) return new AuditFile(file);
  return config.get('LOG_LEVEL', { infer: true }) === 'silent' ? undefined : standardOutput;
}

/** Audit events, on a stream of their own. */
@Global()
@Module({
  providers: [
    AuditLog,
    AuditRequired,
    { provide: AUDIT_STREAM, inject: [ConfigService, LOG_STREAM], useFactory: openStream },
  ],
  // For those who report that events are lost, and for routes that announce their writes themselves.
  exports: [AUDIT_STREAM, AuditRequired],
})
export class AuditModule {}
