import type { TestingModuleBuilder } from '@nestjs/testing';
import { LOG_STREAM } from '../../src/logging/logging.tokens.js';

/** Keeps what the application logs, instead of standard output. */
export class LogLines {
  private text = '';

  /** For `createTestApp({ override })`. */
  readonly override = (module: TestingModuleBuilder): TestingModuleBuilder =>
    module.overrideProvider(LOG_STREAM).useValue(this);

  write(line: string): void {
    this.text += line;
  }

  /** Everything, as written. */
  get written(): string {
    return this.text;
  }

  /** Every line, parsed. */
  get lines(): Record<string, unknown>[] {
    return this.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** The lines about one request; audit events, which share the stream, are not among them. */
  of(requestId: unknown): Record<string, unknown>[] {
    return this.lines.filter((line) => line.requestId === requestId && line.type !== 'audit');
  }
}
