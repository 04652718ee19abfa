import { createHash } from 'node:crypto';
import { cp, glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { swcOptions } from './swc.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** The programs of the lab. */
export const programs = {
  api: { title: 'API', folder: ROOT },
  issuer: { title: 'issuer', folder: join(ROOT, 'apps/issuer') },
  web: { title: 'web application', folder: join(ROOT, 'apps/web') },
};

/** One of the programs. */
export type ProgramName = keyof typeof programs;

/** A program that can be built. */
export interface Program {
  /** What people call it. */
  readonly title: string;
  /** Has `src`, and gets `dist`. */
  readonly folder: string;
}

/** What the compiled form depends on, beside the sources. */
const SETTINGS = ['package.json', 'scripts/build/swc.ts', 'scripts/build/build.ts', 'tsconfig.json'];

/**
 * Compiles a program from `src` to `dist` if its sources have changed since, without checking types.
 *
 * @param say told before and after it is compiled
 * @throws Error when a source is no TypeScript
 */
export async function buildIfChanged({ title, folder }: Program, say: (line: string) => void): Promise<void> {
  const [src, dist] = [join(folder, 'src'), join(folder, 'dist')];
  const sources = await readSources(src);
  const fingerprint = await fingerprintOf(sources);
  const stamp = join(dist, '.built-from');
  if ((await readFile(stamp, 'utf8').catch(() => '')) === fingerprint) return;
  say(`Building the ${title} ...`);
  const startedAt = performance.now();
  await rm(stamp, { force: true });
  const written = await Promise.all([...sources.keys()].map((file) => compile(src, file, dist)));
  await removeOthers(dist, new Set(written.flat()));
  // Last, so that a build that was cut short is done again.
  await writeFile(stamp, fingerprint);
  say(`Built the ${title} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** All files of a folder but the tests: path and content. */
async function readSources(folder: string): Promise<Map<string, Buffer>> {
  const files: string[] = [];
  for await (const file of glob('**/*.*', { cwd: folder, exclude: ['**/*.spec.ts', '**/*.e2e-spec.ts'] }))
    files.push(file);
  const entries = files
    .toSorted((one, other) => (one < other ? -1 : 1))
    .map(async (file) => [file, await readFile(join(folder, file))] as const);
  return new Map(await Promise.all(entries));
}

async function fingerprintOf(sources: ReadonlyMap<string, Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for (const file of SETTINGS) hash.update(await readFile(join(ROOT, file)));
  for (const [file, content] of sources) hash.update(`${file}\0${content.length}\0`).update(content);
  return hash.digest('hex');
}

/**
 * Compiles one file of a folder, or copies what is no TypeScript.
 *
 * @returns the files that it became, below `dist`
 * @throws Error when it is no TypeScript
 */
async function compile(folder: string, file: string, dist: string): Promise<string[]> {
  const source = join(folder, file);
  const target = join(dist, file);
  await mkdir(dirname(target), { recursive: true });
  if (!file.endsWith('.ts')) {
    await cp(source, target);
    return [file];
  }
  const script = file.replace(/\.ts$/, '.js');
  // Loaded when there is something to compile only, for it takes a while.
  const { transformFile } = await import('@swc/core');
  const { code, map } = await transformFile(source, { ...swcOptions, sourceMaps: true }).catch(
    (error: Error) => {
      // After the place and the reason comes the compiler's own call stack.
      throw new Error(error.message.split('\n\nCaused by:')[0]?.trim(), { cause: error });
    },
  );
  await writeFile(join(dist, script), `${code}\n//# sourceMappingURL=${script.split('/').at(-1)}.map\n`);
  await writeFile(join(dist, `${script}.map`), map ?? '');
  return [script, `${script}.map`];
}

/** Removes what is left of sources that are no longer there, and of another compiler. */
async function removeOthers(dist: string, written: ReadonlySet<string>): Promise<void> {
  for await (const file of glob('**/*.*', { cwd: dist })) {
    if (!written.has(file)) await rm(join(dist, file), { recursive: true, force: true });
  }
}
