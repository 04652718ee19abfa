import { StreamableFile } from '@nestjs/common';
import { stringify } from 'csv-stringify';
import type { FastifyReply } from 'fastify';
import Negotiator from 'negotiator';
import { pipeline, Readable } from 'node:stream';

/** What most clients send, none of which prefers CSV; to weigh a header takes 4 us. */
const PLAIN: ReadonlySet<string | undefined> = new Set([undefined, '*/*', 'application/json']);

/** Whether an Accept header prefers CSV to JSON; without preference it is JSON. Tells caches that this was asked. */
export function prefersCsv(accept: string | undefined, reply: FastifyReply): boolean {
  void reply.header('vary', 'accept');
  if (PLAIN.has(accept)) return false;
  return new Negotiator({ headers: { accept } }).mediaType(['application/json', 'text/csv']) === 'text/csv';
}

/**
 * Rows as a CSV file (RFC 4180) that is written while they are read. Text that a spreadsheet would take for a formula
 * gets an apostrophe in front of it.
 *
 * @param columns the members of the rows, in order; also the header line
 * @param rows the first one is awaited, so that a failure to read becomes a proper answer
 */
export async function csvAnswer<Column extends string>(
  fileName: string,
  columns: readonly Column[],
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
    header: true,
    columns: [...columns],
    escape_formulas: true,
    cast: { string: decimal },
  });
  // Its error cuts the connection: the client sees that the file is not whole.
  pipeline(Readable.from(remaining()), file, () => {});
  return new StreamableFile(file, {
    type: 'text/csv; charset=utf-8; header=present',
    disposition: `attachment; filename="${fileName}.csv"`,
  });
}

/** Exact totals are text, but no formulas, even when they begin with a minus. */
function decimal(value: string) {
  return /^-?\d+(\.\d+)?$/.test(value) ? { value, escape_formulas: false } : value;
}
