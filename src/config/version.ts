import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The version of this program, from the package.json that it belongs to. */
export const version = findVersion(import.meta.dirname);

function findVersion(folder: string): string {
  const file = join(folder, 'package.json');
  if (existsSync(file)) {
    const { name, version: found } = JSON.parse(readFileSync(file, 'utf8')) as {
      name?: string;
      version?: string;
    };
    if (name === 'expenses-api' && found !== undefined) return found;
  }
  const parent = dirname(folder);
  return parent === folder ? 'unknown' : findVersion(parent);
}
