import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = new URL('../../', import.meta.url);
/**
 * Where the API is measured: as built, beside the libraries that it has in production and no others. Not within the project,
 * where Node would find those of the tests in the folders above; Nest loads what it finds, and that takes memory.
 */
const INSTALLATION = pathToFileURL(`${tmpdir()}/expenses-api-bench/`);
/** As in the Dockerfile. */
const ONLY_PRODUCTION = [
  '--omit=dev',
  '--omit=peer',
  '--omit=optional',
  '--workspaces=false',
  '--ignore-scripts',
];

/** Installs the API as its image does, from what `npm run build` has left. */
export function installApi() {
  mkdirSync(INSTALLATION, { recursive: true });
  rmSync(new URL('dist/', INSTALLATION), { recursive: true, force: true });
  cpSync(new URL('dist/', ROOT), new URL('dist/', INSTALLATION), { recursive: true });
  for (const file of ['package.json', 'package-lock.json', '.npmrc']) {
    copyFileSync(new URL(file, ROOT), new URL(file, INSTALLATION));
  }
  execFileSync('npm', ['install', ...ONLY_PRODUCTION, '--no-audit', '--no-fund'], {
    cwd: fileURLToPath(INSTALLATION),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** A module of the API, by its path in `dist/`. */
export const ofApi = (path) => import(new URL(`dist/${path}`, INSTALLATION));

const { resolve } = createRequire(new URL('dist/', INSTALLATION));

/** A library as the API has it: two of Nest in one process know nothing of each other. */
export const libraryOfApi = (name) => import(pathToFileURL(resolve(name)));
