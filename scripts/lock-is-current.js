/*
 * Fails when package-lock.json lags behind package.json: npm would then install versions that nobody has tried. (`npm ci`
 * says so, too, but fails as well where a registry lacks a package for another platform.)
 */
import { existsSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

const read = (file) => JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'));
const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];

const { packages } = read('package-lock.json');
const faults = ['', 'apps/issuer', 'apps/web'].flatMap((folder) => {
  const file = folder === '' ? 'package.json' : `${folder}/package.json`;
  // An image of one program has that program's only.
  if (!existsSync(new URL(`../${file}`, import.meta.url))) return [];
  const wanted = read(file);
  return KINDS.filter((kind) => !isDeepStrictEqual(wanted[kind] ?? {}, packages[folder]?.[kind] ?? {})).map(
    (kind) => `  ${kind} of ${file}`,
  );
});

if (faults.length > 0) {
  process.stderr.write(
    `package-lock.json lags behind:\n${faults.join('\n')}\nRun npm install, and commit the lock with the change.\n`,
  );
  process.exitCode = 1;
}
