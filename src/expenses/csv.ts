import { StreamableFile } from '@nestjs/common';
import { stringify } from 'csv-stringify';
import type { FastifyReply } from 'fastify';
import Negotiator from 'negotiator';
import { pipeline, Readable } from 'node:stream';
import { addVary } from '../http/vary.js';
import { escapeFormulas } from './csv.formulas.js';

/** What most clients send, none of which prefers CSV; to weigh a header takes 4 us. */
const PLAIN: ReadonlySet<string | undefined> = new Set([undefined, '*/*', 'application/json']);

/** Parameters of a media type that ours has as well: a range that names them means ours all the same. */
const OUR_PARAMETERS = /;\s*(?:charset\s*=\s*"?utf-8"?|header\s*=\s*"?present"?)(?=\s*(?:;|,|$))/gi;

/** Whether an Accept header prefers CSV to JSON; without preference it is JSON. Tells caches that this was asked. */
export function prefersCsv(accept: string | undefined, reply: FastifyReply): boolean {
  addVary(reply, 'accept');
  if (accept === undefined || PLAIN.has(accept)) return false;
  const ranges = accept.replaceAll(OUR_PARAMETERS, '');
  return (
    new Negotiator({ headers: { accept: ranges } }).mediaType(['application/json', 'text/csv']) === 'text/csv'
  );
}

/** How a file of rows is written. */
export interface CsvFile<Column extends string> {
  /** Without the ending. */
  readonly name: string;
  /** The members of the rows, in order; also the header line. */
  readonly columns: readonly Column[];
  /** Whether it begins with a byte order mark. */
  readonly bom?: boolean;
}

/**
 * Rows as a CSV file (RFC 4180) that is written while they are read. Text that a spreadsheet would take for a formula
 * gets an apostrophe in front of it.
 *
 * @param rows the first one is awaited, so that a failure to read becomes a proper answer
 */
export async function csvAnswer<Column extends string>(
  { name, columns, bom = false }: CsvFile<Column>,
  rows: AsyncIterable<Readonly<Record<Column, unknown>>>,
): Promise<StreamableFile> {
  const iterator = rows[Symbol.asyncIterator]();
  const first = await iterator.next();
  const remaining = async function* () {
    if (first.done) return;
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => iterator };
  };
  const file = stringify({
    bom,
    header: true,
    columns: [...columns],
    record_delimiter: 'windows',
    cast: { string: (text) => escapeFormulas(text) },
  });
  // A reader that leaves before the second row would leave the rows open: nothing has been asked of `remaining` yet.
  file.once('close', () => void iterator.return?.());
  // Its error cuts the connection: the client sees that the file is not whole.
  pipeline(Readable.from(remaining()), file, () => {});
  return new StreamableFile(file, {
    type: 'text/csv; charset=utf-8; header=present',
    disposition: `attachment; filename="${name}.csv"`,
  });
}
