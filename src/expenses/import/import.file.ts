import { createHash } from 'node:crypto';
import { CsvError, parse, type Parser } from 'csv-parse';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ImportRefused, ImportTooLarge } from './import.errors.js';

const LIMIT_BYTES = 64 * 1024 * 1024;
const ROW_LIMIT_BYTES = 64 * 1024;

const required = ['date', 'description', 'value'] as const;
const columns: ReadonlySet<string> = new Set([...required, 'currency', 'category']);

/** A row of the file: its columns as text, and where it ends. */
export interface ImportRow {
  readonly line: number;
  readonly columns: Readonly<Record<string, string>>;
  /** Whether it has as many columns as the header. */
  readonly isWhole: boolean;
}

/** A CSV file (RFC 4180, UTF-8, with a header line) that is read as it arrives, and its SHA-256 when all is read. */
export class ImportFile {
  private readonly hash = createHash('sha256');
  private header?: readonly string[];
  private read: ImportRow[] = [];

  constructor(private readonly body: Readable) {}

  /**
   * @returns the rows, those together that arrived together
   * @throws ImportRefused when the file as a whole cannot be read; ImportTooLarge
   */
  async *rows(): AsyncGenerator<readonly ImportRow[]> {
    const parser = this.parser();
    try {
      for await (const text of this.text()) {
        await writeTo(parser, text);
        yield this.take();
      }
      await endOf(parser);
    } catch (error) {
      throw error instanceof CsvError ? brokenFile(error) : error;
    } finally {
      parser.destroy();
    }
    if (!this.header) checkHeader([]);
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
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      on_record: (record: string[], { lines }) => {
        if (this.header) this.read.push(toRow(this.header, record, lines));
        else this.header = checkHeader(record);
        return undefined;
      },
    });
    // Whoever writes is told of it.
    return parser.on('error', () => undefined);
  }

  private take(): readonly ImportRow[] {
    const rows = this.read;
    this.read = [];
    return rows;
  }

  private async *text(): AsyncGenerator<string> {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const decode = (bytes?: Buffer) => {
      try {
        return decoder.decode(bytes, { stream: bytes !== undefined });
      } catch {
        throw new ImportRefused('The file is not UTF-8', []);
      }
    };
    let size = 0;
    for await (const chunk of this.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > LIMIT_BYTES) throw new ImportTooLarge(LIMIT_BYTES);
      this.hash.update(chunk);
      yield decode(chunk);
    }
    yield decode();
  }
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

/** Faster than objects made by the parser, which defines every property by itself. */
function toRow(header: readonly string[], record: readonly string[], line: number): ImportRow {
  const row: Record<string, string> = {};
  for (const [index, name] of header.entries()) row[name] = record[index] ?? '';
  return { line, columns: row, isWhole: record.length === header.length };
}

function checkHeader(header: readonly string[]): string[] {
  const names = header.map((name) => name.toLowerCase());
  const faults = [
    ...required.filter((name) => !names.includes(name)).map((name) => `lacks the column ${name}`),
    ...names.flatMap((name, index) => {
      if (!columns.has(name)) return [`has an unknown column, the one at position ${index + 1}`];
      return names.indexOf(name) < index ? [`has the column ${name} twice`] : [];
    }),
  ];
  if (faults.length === 0) return names;
  throw new ImportRefused(
    'The header line has faults',
    faults.slice(0, 100).map((detail) => ({ pointer: '#/lines/1', detail })),
  );
}

function brokenFile({ code, lines }: CsvError): ImportRefused {
  const detail =
    code === 'CSV_MAX_RECORD_SIZE'
      ? `must have at most ${ROW_LIMIT_BYTES} bytes`
      : 'is not CSV: its quotes do not fit';
  return new ImportRefused('The file has a line that cannot be read', [
    { pointer: `#/lines/${String(lines)}`, detail },
  ]);
}
