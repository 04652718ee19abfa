import { array, assert, asyncProperty, constantFrom, integer, record } from 'fast-check';
import { Readable } from 'node:stream';
import { ImportFile, type ImportRow } from './import.file.js';

const lineEnds = constantFrom('\r\n', '\n', '\r');

/** Cells as they are written, as they are read, and how many lines they have beside the first. */
const cells = constantFrom<[string, string, number][]>(
  ['x', 'x', 0],
  ['"a,b"', 'a,b', 0],
  ['"a ""b"""', 'a "b"', 0],
  ['"a\r\nb"', 'a\nb', 1],
  ['"a\rb\n"', 'a\nb\n', 2],
  [' \u00E4 ', '\u00E4', 0],
  ['\u{1F355}', '\u{1F355}', 0],
);

const rows = array(
  record({ cell: cells, end: lineEnds, blank: constantFrom('', ',,', ' , , ', null), blankEnd: lineEnds }),
  { maxLength: 6 },
);

/** A file that arrives in parts of these sizes. */
function inParts(file: string | Buffer, sizes: readonly number[]): Readable {
  const bytes = Buffer.from(file as string);
  const parts: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const size = sizes[parts.length % sizes.length]!;
    parts.push(bytes.subarray(start, start + size));
    start += size;
  }
  return Readable.from(parts, { objectMode: false });
}

async function readAll(body: Readable): Promise<ImportRow[]> {
  const all: ImportRow[] = [];
  for await (const some of new ImportFile(body).rows()) all.push(...some);
  return all;
}

describe('A file of an import', () => {
  it('has its rows and the lines they begin in, whatever ends a line and however it arrives', async () => {
    await assert(
      asyncProperty(
        rows,
        lineEnds,
        array(integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        async (all, headerEnd, sizes) => {
          let text = `date,description,value${headerEnd}`;
          let line = 2;
          const expected: ImportRow[] = [];
          for (const { cell, end, blank, blankEnd } of all) {
            if (blank !== null) {
              // A CR before an LF would end one line with it.
              const isJoined = text.endsWith('\r') && `${blank}${blankEnd}`.startsWith('\n');
              text += `${blank}${isJoined ? '\r' : blankEnd}`;
              line++;
            }
            const [written, read, more] = cell;
            text += `2026-01-02,${written},1${end}`;
            expected.push({ line, cells: ['2026-01-02', read, '1'] });
            line += 1 + more;
          }
          expect(await readAll(inParts(text, sizes))).toEqual(expected);
        },
      ),
    );
  });

  it.each([1, 2, 3])('is known to be UTF-16 also when it arrives in parts of %d bytes', async (size) => {
    const file = Buffer.from('date,description,value\n', 'utf16le');
    await expect(readAll(inParts(file, [size]))).rejects.toThrow('UTF-16');
    await expect(readAll(inParts(file.swap16(), [size]))).rejects.toThrow('UTF-16');
  });
});
