import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';
import { ApiProcess } from './support/api-process.js';
import { createDatabase, type TestDatabase } from './support/postgres.js';

/** Some 60 MiB, which is more than the heap below has room for beside the program. */
const ROWS = 110_000;
const HEAP_MIB = 96;
const TEXT = 'a receipt of which there is much to say; '.repeat(12);

/** The largest resident memory that a process has had, in MiB. */
function greatestMemory(pid: number): number {
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kilobytes) / 1024;
}

describe('A file of 60 MiB', () => {
  let issuer: TestIssuer | undefined;
  let database: TestDatabase | undefined;
  let api: ApiProcess | undefined;

  afterAll(async () => {
    await api?.kill();
    await issuer?.close();
    await database?.drop();
  });

  it('is imported and exported again by a process that has no room for it', async () => {
    issuer = await startTestIssuer();
    database = await createDatabase();
    api = await ApiProcess.start(issuer, {
      DATABASE_URL: database.url,
      NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}`,
    });
    const authorization = `Bearer ${issuer.tokenFor({ scopes: ['read:reports', 'create:expenses'] })}`;
    const before = greatestMemory(api.child.pid!);
    const upload = request(`${api.url}/expenses/import`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'text/csv' },
    });
    const [imported] = await Promise.all([once(upload, 'response'), pipeline(file(), upload)]);
    expect(await json(imported[0] as IncomingMessage)).toEqual({ imported: ROWS, skipped: 0 });
    const exported = await fetch(api.url, { headers: { authorization, accept: 'text/csv' } });
    let lines = 0;
    for await (const chunk of exported.body!)
      lines += Buffer.from(chunk).toString('latin1').split('\n').length - 1;
    expect(lines).toBe(1 + ROWS);
    const more = greatestMemory(api.child.pid!) - before;
    process.stdout.write(
      `A file of 60 MiB: the process had at most ${Math.round(more)} MiB more than at its start\n`,
    );
    // Buffers are no part of the heap.
    expect(more).toBeLessThan(HEAP_MIB + 64);
  }, 400_000);
});

function* file(): Generator<string> {
  yield 'date,description,value\r\n';
  for (let row = 0; row < ROWS; row += 500) yield rows(row + 1, row + 500);
}

function rows(first: number, last: number): string {
  const lines = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return lines.map((row) => `2026-01-02,${TEXT}${row},${row}.25\r\n`).join('');
}
