import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildIfChanged } from '../../scripts/build/build.ts';

let folder: string;
let said: string[];

beforeEach(() => {
  said = [];
  folder = mkdtempSync(join(tmpdir(), 'expenses-build-'));
  mkdirSync(join(folder, 'src', 'inner'), { recursive: true });
  write('inner/one.ts', 'export const one: number = 1;');
  write('one.spec.ts', 'it.todo("nothing");');
  write('view.eta', '<p>');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (file: string, content: string) => writeFileSync(join(folder, 'src', file), content);
const read = (file: string) => readFileSync(join(folder, 'dist', file), 'utf8');
const build = () => buildIfChanged({ title: 'sample', folder }, (line) => said.push(line));

it('compiles the sources, copies what is no TypeScript, and leaves the tests out', async () => {
  await build();
  expect(read('inner/one.js')).toContain('export const one = 1;');
  expect(read('view.eta')).toBe('<p>');
  expect(readdirSync(join(folder, 'dist')).toSorted()).toEqual(['.built-from', 'inner', 'view.eta']);
  expect(said).toEqual(['Building the sample ...', expect.stringMatching(/^Built the sample in \d+\.\d s$/)]);
});

it('does nothing, and says nothing, when nothing has changed', async () => {
  await build();
  said = [];
  await build();
  expect(said).toEqual([]);
});

it.each([
  ['a source changes', () => write('inner/one.ts', 'export const one = 11;'), 'export const one = 11;'],
  ['a source comes', () => write('inner/two.ts', ''), 'export const one = 1;'],
])('compiles again when %s', async (_case, change, expected) => {
  await build();
  change();
  said = [];
  await build();
  expect(said).toHaveLength(2);
  expect(read('inner/one.js')).toContain(expected);
});

it('removes what was compiled from a source that is gone', async () => {
  await build();
  rmSync(join(folder, 'src', 'inner', 'one.ts'));
  await build();
  expect(readdirSync(join(folder, 'dist', 'inner'))).toEqual([]);
});

it('builds again after a build that failed', async () => {
  write('inner/one.ts', 'export const one = = 1;');
  await expect(build()).rejects.toThrow('Expression expected');
  write('inner/one.ts', 'export const one = 1;');
  await build();
  expect(read('inner/one.js')).toContain('export const one = 1;');
});

it('says of a source that does not compile where and why, and nothing of the compiler', async () => {
  write('inner/one.ts', 'export const one = = 1;');
  const failure: unknown = await build().catch((error: unknown) => String(error));
  expect(failure).toContain('Expression expected');
  expect(failure).toContain('src/inner/one.ts:1:1');
  expect(failure).not.toMatch(/Caused by|backtrace/);
});
