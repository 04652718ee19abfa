import { createHash } from 'node:crypto';
import { CsvError, parse, type Parser } from 'csv-parse';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { BodyCut, ImportRefused, ImportTooLarge } from './import.errors.js';
import { type Column, readHeader, refuseOtherSeparator } from './import.header.js';

/** Largest file. */
const LIMIT_BYTES = 64 * 1024 * 1024;
/** Largest row: a quote that is never closed would take the rest of the file into one. */
const ROW_LIMIT_BYTES = 64 * 1024;

/** A row of the file: its columns as text, and the line that it begins in. */
export interface ImportRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** What ends files of DOS programs; some fill the last block with it. */
const END_OF_FILE = '\u001A';

/**
 * A CSV file (RFC 4180, UTF-8, with a header line) that is read as it arrives, and its SHA-256 when all is read. Lines
 * may end in CR LF, LF or CR, each as it likes.
 */
export class ImportFile {
  private readonly hash = createHash('sha256');
  private header?: readonly Column[];
  private read: ImportRow[] = [];
  /** The line that the row begins in which is being read. */
  private line = 1;
  /** What was read before there was a header, without blank lines. */
  private beginning = '';

  constructor(private readonly body: Readable) {}

  /** Known as soon as there are rows. */
  get columns(): readonly Column[] {
    return this.header ?? [];
  }

  /**
   * @returns the rows, those together that arrived together
   * @throws ImportRefused when the file as a whole cannot be read; ImportTooLarge
   */
  async *rows(): AsyncGenerator<readonly ImportRow[]> {
    const parser = this.parser();
    try {
      for await (const text of this.text()) {
        if (!this.header) this.beginning = `${this.beginning}${text}`.trimStart().slice(0, ROW_LIMIT_BYTES);
        await writeTo(parser, text);
        yield this.take();
      }
      await endOf(parser);
    } catch (error) {
      if (error instanceof CsvError) throw this.brokenRow(error);
      throw this.body.errored === null ? error : new BodyCut({ cause: error });
    } finally {
      parser.destroy();
    }
    if (!this.header) readHeader([], 1);
    yield this.take();
  }

  /** Of the bytes of the file, in hexadecimal. */
  digest(): string {
    return this.hash.digest('hex');
  }

  /** It hands rows over as it finds them: to send each through a stream would take twice the time. */
  private parser(): Parser {
    const parser = parse({
      bom: true,
      max_record_size: ROW_LIMIT_BYTES,
      record_delimiter: '\n',
      relax_column_count: true,
      trim: true,
      on_record: (record: string[], { lines }) => {
        this.keep(record, lines);
        return undefined;
      },
    });
    // Without a listener an 'error' event ends the process; the callback of the write reports it.
    return parser.on('error', () => undefined);
  }

  private keep(cells: readonly string[], lastLine: number): void {
    const { line } = this;
    this.line = lastLine + 1;
    if (isBlank(cells)) return;
    if (this.header) this.read.push({ line, cells });
    else this.header = readHeader(cells, line);
  }

  private take(): readonly ImportRow[] {
    const rows = this.read;
    this.read = [];
    return rows;
  }

  /** The body as text whose lines end in LF. */
  private async *text(): AsyncGenerator<string> {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    let start: Buffer = Buffer.alloc(0);
    let size = 0;
    let endsInCr = false;
    // What is left of the body is the server's to deal with: to destroy it would cut the connection before the answer.
    const chunks = this.body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    for await (const chunk of chunks) {
      if (start.length < 2) {
        start = Buffer.concat([start, chunk.subarray(0, 2)]);
        refuseUtf16(start);
      }
      size += chunk.length;
      if (size > LIMIT_BYTES) throw new ImportTooLarge(LIMIT_BYTES);
      this.hash.update(chunk);
      const text = decode(decoder, chunk);
      // Half of a CR LF may be in the next chunk.
      const joined: string = endsInCr ? `\r${text}` : text;
      endsInCr = joined.endsWith('\r');
      yield (endsInCr ? joined.slice(0, -1) : joined).replaceAll(/\r\n?/g, '\n');
    }
    yield `${endsInCr ? '\n' : ''}${decode(decoder)}`;
  }

  /** The fault is told at the line that the row begins in: a quote that is not closed swallows all lines after it. */
  private brokenRow({ code }: CsvError): ImportRefused {
    // Between quotes any separator but a comma is text that does not belong there.
    const [firstLine = ''] = this.beginning.split('\n', 1);
    if (!this.header) refuseOtherSeparator(firstLine.replaceAll('"', ''), this.line);
    const detail =
      code === 'CSV_MAX_RECORD_SIZE'
        ? `begins a row of more than ${ROW_LIMIT_BYTES} bytes; is there a quote that is not closed?`
        : 'begins a row whose quotes do not fit: one is not closed, or is followed by more text';
    return new ImportRefused('The file has a row that cannot be read', [
      { pointer: `#/lines/${this.line}`, detail },
    ]);
  }
}

function isBlank(cells: readonly string[]): boolean {
  const [first = '', ...others] = cells;
  return others.length === 0 ? first.replaceAll(END_OF_FILE, '') === '' : cells.every((cell) => cell === '');
}

function decode(decoder: TextDecoder, bytes?: Buffer): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined });
  } catch {
    throw new ImportRefused('The file is not UTF-8; save it in that encoding', []);
  }
}

/** Text in UTF-16 has a zero in every other byte, or begins with its byte order mark. */
function refuseUtf16(start: Buffer): void {
  const letters = start.toString('latin1', 0, 2);
  if (letters.includes('\0') || letters === '\xFF\xFE' || letters === '\xFE\xFF')
    throw new ImportRefused('The file is UTF-16; save it as UTF-8', []);
}

function writeTo(parser: Parser, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.write(text, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

async function endOf(parser: Parser): Promise<void> {
  parser.resume().end();
  await finished(parser);
}
