import { build, type Plugin } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/**
 * Makes the tarball of nest-resource-server from src/auth, src/problems, src/net and the test kit: TypeScript's output as
 * ES modules and as CommonJS, file by file. The two libraries that it runs on are built into the files that import
 * them: of lru-cache and zod together, 12 MB on disk, it needs 2 %.
 */
const root = resolve(import.meta.dirname, '..');
const folder = join(root, 'packages', 'nest-resource-server');
const VENDORED = ['lru-cache', 'zod'];
const formats = [
  { name: 'esm', config: 'tsconfig.json', type: 'module', format: 'esm' },
  { name: 'cjs', config: 'tsconfig.cjs.json', type: 'commonjs', format: 'cjs' },
] as const;

/** Everything but the vendored libraries stays an import, so that every class and symbol exists once. */
const vendorOnly: Plugin = {
  name: 'vendor-only',
  setup(bundle) {
    bundle.onResolve({ filter: /.*/ }, ({ kind, path, importer }) => {
      const isOurs = kind === 'entry-point' || importer.includes('node_modules');
      return isOurs || VENDORED.some((name) => path === name || path.startsWith(`${name}/`))
        ? undefined
        : { path, external: true };
    });
  },
};

async function compile({ name, config, type, format }: (typeof formats)[number]): Promise<void> {
  const out = join(folder, 'dist', name);
  execFileSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(folder, config)],
    {
      stdio: 'inherit',
    },
  );
  const files = globSync('**/*.js', { cwd: out });
  for (const file of files) {
    const path = join(out, file);
    const source = await readFile(path, 'utf8');
    if (!VENDORED.some((library) => new RegExp(`['"]${library}(?:/[^'"]*)?['"]`).test(source))) continue;
    await build({
      entryPoints: [path],
      outfile: path,
      allowOverwrite: true,
      bundle: true,
      format,
      platform: 'node',
      target: 'node22',
      // Logs name classes.
      keepNames: true,
      legalComments: 'inline',
      plugins: [vendorOnly],
      logLevel: 'warning',
    });
  }
  await writeFile(join(out, 'package.json'), `${JSON.stringify({ type })}\n`);
}

/** The licences of what is built in, which ask to be passed on. */
async function writeNotice(): Promise<void> {
  const notices = await Promise.all(
    VENDORED.map(async (name) => {
      const library = join(root, 'node_modules', name);
      const { version, license } = JSON.parse(
        await readFile(join(library, 'package.json'), 'utf8'),
      ) as Record<'version' | 'license', string>;
      const [file] = globSync('LICENSE*', { cwd: library });
      return `${name} ${version} (${license})\n\n${await readFile(join(library, file!), 'utf8')}`;
    }),
  );
  await writeFile(join(folder, 'NOTICE'), notices.join('\n'));
}

await rm(join(folder, 'dist'), { recursive: true, force: true });
for (const format of formats) await compile(format);
await writeNotice();
if (!process.argv.includes('--no-tarball')) {
  execFileSync('npm', ['pack', '--pack-destination', root, ...process.argv.slice(2)], {
    cwd: folder,
    stdio: 'inherit',
  });
}
