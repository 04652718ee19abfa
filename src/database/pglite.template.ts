import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** The package of PGlite, wherever it is installed. */
const PACKAGE = join(dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite')), '..');

/** Where Node's tools keep what they can make anew: node_modules/.cache, beside the package. */
const CACHE = join(PACKAGE, '..', '..', '.cache', 'expenses-api');

/**
 * Makes the data folder of a new PGlite database. Initializing one takes seconds, so it is done once on a machine for
 * each version of PGlite, and copied from then on.
 *
 * @param folder must not be there; it appears only when it is complete
 */
export async function createDataFolder(folder: string): Promise<void> {
  const unfinished = `${folder}.${randomUUID()}`;
  try {
    const template = await templateFolder();
    await (template ? cp(template, unfinished, { recursive: true }) : initialize(unfinished));
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

/** The folder to copy; `undefined` where this process may write nothing beside its packages. */
async function templateFolder(): Promise<string | undefined> {
  const { version } = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8')) as {
    version: string;
  };
  const template = join(CACHE, `pglite-${version}`);
  if (existsSync(template)) return template;
  const unfinished = `${template}.${randomUUID()}`;
  try {
    await mkdir(unfinished, { recursive: true });
  } catch {
    return undefined;
  }
  await initialize(unfinished);
  // Several processes may do this at once: the first one wins, and the others' work is thrown away.
  await rename(unfinished, template).catch(() => rm(unfinished, { recursive: true, force: true }));
  return template;
}

const INITIALIZE = `
  const { PGlite } = await import('@electric-sql/pglite');
  const database = await PGlite.create(process.argv[1]);
  await database.close();
`;

/**
 * In a process of its own: initializing takes 0.6 GiB that V8 does not give back soon, twice as much with its optimizing
 * compiler, which is not worth its time for what runs once.
 */
async function initialize(folder: string): Promise<void> {
  const parameters = ['--liftoff-only', '--input-type=module', '--eval', INITIALIZE, folder];
  await promisify(execFile)(process.execPath, parameters, { cwd: import.meta.dirname });
}
