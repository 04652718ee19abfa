import { fstatSync, writeSync } from 'node:fs';

/** Most that waits for an output that is slower than we are, in bytes. What comes then is lost, and counted. */
const MAX_WAITING = 1024 * 1024;
/** How often a loss that goes on is told of, in milliseconds. */
const REPORT_MS = 60_000;

/** How many lines could not be written, since the process started. */
export interface LostLines {
  readonly lines: number;
  /** Those among them that were audit events. */
  readonly auditEvents: number;
  /** Whether the last attempt to write failed. */
  readonly isLosing: boolean;
}

/** Writes text, or says why it could not: the code of the system error. */
type Write = (text: string) => string | undefined;

/**
 * Standard output, which may be a full disk, a pipe whose reader has stopped or one whose reader is gone. It never
 * blocks, throws or keeps more than a mebibyte: lines that find no room are lost. Standard error is told, once when that
 * begins and once a minute while it lasts.
 */
export class LogOutput {
  private readonly send: Write;
  private lines = 0;
  private auditEvents = 0;
  private cause?: string;
  private reportedAt = -Infinity;

  /** @param send how to write; default: to standard output */
  constructor(send: Write = standardOutputWriter()) {
    this.send = send;
  }

  get lost(): LostLines {
    return { lines: this.lines, auditEvents: this.auditEvents, isLosing: this.cause !== undefined };
  }

  /** @param text whole lines */
  write(text: string): void {
    const failedBefore = this.cause !== undefined;
    this.cause = this.send(text);
    if (this.cause === undefined) {
      if (failedBefore) this.reportedAt = -Infinity;
      return;
    }
    for (const line of text.split('\n')) {
      if (line === '') continue;
      this.lines += 1;
      if (line.includes('"type":"audit"')) this.auditEvents += 1;
    }
    this.report(this.cause);
  }

  private report(cause: string): void {
    const now = performance.now();
    if (now - this.reportedAt < REPORT_MS) return;
    this.reportedAt = now;
    const line = {
      level: 'error',
      time: Date.now(),
      msg: 'Log lines are lost: standard output does not take them',
      code: cause,
      lostLines: this.lines,
    };
    toStandardError(`${JSON.stringify(line)}\n`);
  }
}

let hasListener = false;

/** Writes to standard error without ever waiting for it or failing with it. */
export function toStandardError(text: string): void {
  if (!hasListener) process.stderr.on('error', () => undefined);
  hasListener = true;
  if (process.stderr.writableLength < MAX_WAITING) process.stderr.write(text);
}

/**
 * Pipes and sockets are written to by Node's own stream, which the system never blocks; files and devices at once, for
 * Node's stream of a file ends for good with its first error.
 */
function standardOutputWriter(): Write {
  const kind = fstatSync(1);
  return kind.isFIFO() || kind.isSocket() ? pipeWriter(process.stdout) : fileWriter(1);
}

function pipeWriter(stream: NodeJS.WriteStream): Write {
  let failure: string | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    failure = error.code ?? error.name;
  });
  return (text) => {
    if (stream.destroyed) return failure ?? 'EPIPE';
    if (stream.writableLength + text.length > MAX_WAITING) return 'EAGAIN';
    stream.write(text);
    return undefined;
  };
}

/** @param descriptor of a file or a device */
export function fileWriter(descriptor: number): Write {
  let endsInsideLine = false;
  return (text) => {
    let rest = Buffer.from(endsInsideLine ? `\n${text}` : text);
    try {
      while (rest.length > 0) {
        const written = writeSync(descriptor, rest);
        endsInsideLine = written < rest.length;
        rest = rest.subarray(written);
      }
      return undefined;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'EIO';
    }
  };
}
