import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MIGRATIONS_FOLDER } from '../database/migrations.js';
import { PgliteDatabase } from '../database/pglite.js';

/** A database of a test's own. */
export interface TestDatabase {
  /** For DATABASE_URL. */
  readonly url: string;
  /** Removes it; what uses it must be closed before. */
  drop(): Promise<void>;
}

/** Makes an empty, migrated PGlite database in a temporary folder. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'expenses-test-'));
  await cp(await template(), folder, { recursive: true });
  return { url: `pglite:${folder}`, drop: () => rm(folder, { recursive: true, force: true }) };
}

const ROOT = join(import.meta.dirname, '..', '..');

/** A folder to copy, for making one takes PGlite seconds. Made anew when PGlite or the migrations change. */
async function template(): Promise<string> {
  const cache = join(ROOT, 'node_modules', '.cache', 'expenses-api');
  const folder = join(cache, `pglite-${await version()}`);
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.${randomUUID()}`;
  await mkdir(fresh, { recursive: true });
  const database = await PgliteDatabase.open(fresh);
  await database.migrate();
  await database.close();
  // Several test processes may do this at once: the first one wins, and the others' work is thrown away.
  await rename(fresh, folder).catch(() => rm(fresh, { recursive: true, force: true }));
  return folder;
}

async function version(): Promise<string> {
  const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const hash = createHash('sha256').update(dependencies['@electric-sql/pglite'] ?? '');
  for (const file of (await readdir(MIGRATIONS_FOLDER)).filter((name) => name.endsWith('.sql')).toSorted()) {
    hash.update(await readFile(join(MIGRATIONS_FOLDER, file)));
  }
  return hash.digest('hex').slice(0, 16);
}
