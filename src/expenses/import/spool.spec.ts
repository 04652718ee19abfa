import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ServiceUnavailable } from '../../problems/problem.exception.js';
import { Spools } from './spool.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spool-spec-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Spools in a folder of the test, with room for twenty bytes. */
function smallSpools(path = folder): Spools {
  class SmallSpools extends Spools {
    protected override readonly folder = path;
    protected override readonly roomBytes = 20;
  }
  return new SmallSpools();
}

async function linesOf(lines: AsyncIterable<string>): Promise<string[]> {
  return Readable.from(lines).toArray() as Promise<string[]>;
}

describe('a spool', () => {
  it('gives back its lines in their order, and leaves no file behind', async () => {
    const spool = await smallSpools().create();
    await spool.write('first');
    await spool.write('second');
    expect(await linesOf(spool.lines())).toEqual(['first', 'second']);
    expect(await readdir(folder)).toEqual([]);
    await spool.close();
  });

  it('gives back long lines, and what else might end one, as they were', async () => {
    const lines = ['x'.repeat(200_000), 'a\u2028b\u2029c\rd\u0085e', '\u{1F355}'.repeat(50_000)];
    const spool = await new Spools().create();
    for (const line of lines) await spool.write(line);
    expect(await linesOf(spool.lines())).toEqual(lines);
    await spool.close();
  });

  it('has no more room than all spools have together, and gives it back', async () => {
    const spools = smallSpools();
    const [one, other] = [await spools.create(), await spools.create()];
    await one.write('0123456789');
    await expect(other.write('0123456789')).rejects.toThrow(ServiceUnavailable);
    await one.close();
    await other.write('0123456789');
    await other.close();
  });

  it('is refused with a code when its folder takes no file', async () => {
    const spools = smallSpools(join(folder, 'missing'));
    await expect(spools.create()).rejects.toMatchObject({
      problem: { code: 'import_unavailable', status: 503 },
    });
    // A start says so, and goes on.
    await expect(spools.onModuleInit()).resolves.toBeUndefined();
  });
});
