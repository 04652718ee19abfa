import { Logger } from '@nestjs/common';
import { constants, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileWriter } from '../logging/log.output.js';

/** How often a failure that goes on is logged, in milliseconds. */
const REPORT_MS = 60_000;

/** The file AUDIT_LOG cannot be opened. */
export class AuditLogNotUsable extends Error {
  override readonly name = 'AuditLogNotUsable';

  /** @param cause the error of the system */
  constructor(cause: unknown) {
    super(
      `The file of AUDIT_LOG cannot be opened for writing (${String((cause as { code?: string }).code)})`,
      { cause },
    );
  }
}

/** The file AUDIT_LOG. An event is in it before `write` returns, or it is counted as lost and logged as an error. */
export class AuditFile {
  private readonly logger = new Logger('Audit');
  private readonly send: (text: string) => string | undefined;
  private lostEvents = 0;
  private failing = false;
  private reportedAt = -Infinity;

  /** @throws AuditLogNotUsable */
  constructor(path: string) {
    const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants;
    try {
      mkdirSync(dirname(path), { recursive: true });
      // A named pipe that nobody reads must not stop us.
      this.send = fileWriter(openSync(path, O_APPEND | O_CREAT | O_NONBLOCK | O_WRONLY, 0o600));
    } catch (error) {
      throw new AuditLogNotUsable(error);
    }
  }

  /** How many events could not be written, since the process started. */
  get lost(): number {
    return this.lostEvents;
  }

  /** Whether the last event could not be written. */
  get isFailing(): boolean {
    return this.failing;
  }

  /** @param line an event, with a line break at its end */
  write(line: string): void {
    const code = this.send(line);
    if (code === undefined) {
      if (this.failing)
        this.logger.log({ lostEvents: this.lostEvents, msg: 'Audit events are written again' });
      this.failing = false;
      this.reportedAt = -Infinity;
      return;
    }
    this.failing = true;
    this.lostEvents += 1;
    const now = performance.now();
    if (now - this.reportedAt < REPORT_MS) return;
    this.reportedAt = now;
    this.logger.error({ code, lostEvents: this.lostEvents, msg: 'Audit events cannot be written' });
  }
}
