import { StreamableFile } from '@nestjs/common';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

/** What the API answers as CSV, as a file of that name. Only an answer is one: an error is thrown, and becomes a page. */
export async function csvDownload(
  csv: Promise<ReadableStream<Uint8Array> | globalThis.ReadableStream<Uint8Array>>,
  name: string,
): Promise<StreamableFile> {
  return new StreamableFile(Readable.fromWeb((await csv) as ReadableStream), {
    type: 'text/csv; charset=utf-8',
    disposition: `attachment; filename="${name}"`,
  });
}
