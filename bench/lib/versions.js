import { readFileSync } from 'node:fs';

/** The exact versions of the measured libraries, from this package's manifest, as `{ name: version }`. */
export function installedVersions() {
  const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return dependencies;
}
