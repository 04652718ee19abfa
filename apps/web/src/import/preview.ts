import { parse } from 'csv-parse/sync';
import type { Readable } from 'node:stream';

/** Columns that the API takes, in small letters: those of an expense, and what else a download has. */
const COLUMNS: ReadonlySet<string> = new Set([
  'date',
  'description',
  'value',
  'currency',
  'category',
  'externalid',
  'id',
  'owner',
  'createdat',
  'updatedat',
  '',
]);

/** What can be seen of a file before anything is done with it. */
export interface Preview {
  /** The names of the header line, and whether the API knows them. */
  readonly columns: readonly { readonly name: string; readonly isKnown: boolean }[];
  readonly rows: readonly (readonly string[])[];
}

const ROWS = 8;
/** Enough for the first rows, in bytes. */
const BEGINNING = 64 * 1024;
const MAX_COLUMNS = 20;
const MAX_CELL = 80;

/** The header and the first rows of a CSV file. It is a look, not a check: what is no CSV looks odd. */
export async function previewOf(file: Readable): Promise<Preview> {
  const text = await beginningOf(file);
  const records = parse(text, {
    bom: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    to: ROWS + 1,
    trim: true,
  });
  const [header = [], ...rows] = records.map((record) => record.slice(0, MAX_COLUMNS).map(shortened));
  return { columns: header.map((name) => ({ name, isKnown: COLUMNS.has(name.toLowerCase()) })), rows };
}

async function beginningOf(file: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of file as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= BEGINNING) break;
  }
  const text = Buffer.concat(chunks).subarray(0, BEGINNING).toString('utf8');
  // The last line may be cut off.
  return length >= BEGINNING ? text.slice(0, text.lastIndexOf('\n') + 1) : text;
}

function shortened(cell: string): string {
  return cell.length > MAX_CELL ? `${cell.slice(0, MAX_CELL)}…` : cell;
}
