import * as fc from 'fast-check';
import { Readable } from 'node:stream';
import { previewOf } from './preview.js';

const preview = (text: string | Buffer) => previewOf(Readable.from([Buffer.from(text)]));

describe('The preview of a file', () => {
  it('shows the columns, whether they are known, and the first rows', async () => {
    const rows = Array.from({ length: 20 }, (_, index) => `2026-01-01,"Lunch, ${index}",9.50`);
    const { columns, rows: first } = await preview(`\ufeffDate,description,Value,colour\n${rows.join('\n')}`);
    expect(columns).toEqual([
      { name: 'Date', isKnown: true },
      { name: 'description', isKnown: true },
      { name: 'Value', isKnown: true },
      { name: 'colour', isKnown: false },
    ]);
    expect(first).toHaveLength(8);
    expect(first[0]).toEqual(['2026-01-01', 'Lunch, 0', '9.50']);
  });

  it('reads no more than the beginning, and no half line', async () => {
    const { rows } = await preview(`a,b\n1,${'x'.repeat(60_000)}\n2,${'y'.repeat(90_000)}\n`);
    expect(rows).toEqual([['1', `${'x'.repeat(80)}…`]]);
  });

  it('of nothing is empty', async () => {
    expect(await preview('')).toEqual({ columns: [], rows: [] });
  });

  it('never fails, whatever the file is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', 'a') }),
        ),
        async (bytes) => {
          const { rows } = await preview(Buffer.from(bytes as Uint8Array));
          expect(rows.length).toBeLessThanOrEqual(8);
        },
      ),
    );
  });
});
