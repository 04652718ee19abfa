import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { codeBlocks } from '../documentation/code-blocks.js';
import { ScratchProject } from './support/scratch.js';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const fixtures = join(import.meta.dirname, 'scratch');
const TIMEOUT_MS = 300_000;

/** Suites of this repository that every application with the access control has to pass, and what they stand on. */
const SHARED = [
  'test/hostile/headers.e2e-spec.ts',
  'test/hostile/claims.e2e-spec.ts',
  'test/hostile/requests.e2e-spec.ts',
  'test/support/raw-request.ts',
  'test/support/refusal.ts',
  'test/support/reports.module.ts',
  'test/support/route-forms.ts',
];

type Platform = 'fastify' | 'express';
/** How an application is tested: as ES modules or CommonJS by Jest, or by Vitest. */
type Runner = 'jest-esm' | 'jest-cjs' | 'vitest';

const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};
const ours = (name: string) => `${name}@${{ ...manifest.dependencies, ...manifest.devDependencies }[name]}`;

/** Nest by itself, and what an application on it needs. */
const nest = (major: 11 | 12, platform: Platform) => [
  ...['common', 'core', `platform-${platform}`].map((part) => `@nestjs/${part}@${major}`),
  ours('reflect-metadata'),
  ours('rxjs'),
];
const tools = (major: 11 | 12, platform: Platform, runner: Runner) => [
  `@nestjs/testing@${major}`,
  ours('typescript'),
  ours('@types/node'),
  ...(platform === 'express' ? ['supertest@7', '@types/supertest@7', '@types/express@5'] : []),
  ...(runner === 'vitest' ? ['vitest@5'] : ['jest', '@swc/jest', '@swc/core', '@types/jest'].map(ours)),
];

let packed: string;
let tarball: string;

beforeAll(async () => {
  packed = await mkdtemp(join(tmpdir(), 'packed-'));
  const { stdout } = await run('node', ['scripts/pack-auth.ts', '--pack-destination', packed], { cwd: root });
  tarball = join(packed, stdout.trim().split('\n').at(-1) as string);
}, TIMEOUT_MS);
afterAll(() => rm(packed, { recursive: true, force: true }));

let scratch: ScratchProject | undefined;
afterEach(async () => {
  await scratch?.remove();
  scratch = undefined;
});

/** A new application, with the suites that it has to pass. */
async function createApplication(
  major: 11 | 12,
  platform: Platform,
  runner: Runner,
): Promise<ScratchProject> {
  const project = await ScratchProject.create({ type: 'module' });
  scratch = project;
  for (const part of ['common', platform, runner]) {
    await cp(join(fixtures, part), project.folder, { recursive: true });
  }
  for (const file of SHARED) await cp(join(root, file), join(project.folder, file));
  await project.install(...nest(major, platform), ...tools(major, platform, runner), tarball);
  return project;
}

/** @returns what the runner says */
const test = (project: ScratchProject, runner: Runner, ...suites: string[]) =>
  runner === 'vitest'
    ? project.run('node', 'node_modules/vitest/vitest.mjs', 'run', '--reporter=verbose', ...suites)
    : project.run(
        'node',
        '--experimental-vm-modules',
        'node_modules/jest/bin/jest.js',
        '--verbose',
        ...suites,
      );

describe('an application outside of the repository is protected by the package', () => {
  it.each<[11 | 12, Platform, Runner]>([
    [12, 'fastify', 'jest-esm'],
    [12, 'express', 'vitest'],
    [11, 'fastify', 'vitest'],
    [11, 'express', 'jest-esm'],
  ])(
    'Nest %i on %s, by %s: its types, attack suite and hostile suites',
    async (major, platform, runner) => {
      const project = await createApplication(major, platform, runner);
      await project.run('node', 'node_modules/typescript/bin/tsc');
      expectGood(await test(project, runner));
      await tryStrangeNest(project, major, platform);
      if (runner !== 'jest-esm') return;
      await tryReadme(project);
      if (major !== 11) return;
      // The same application as CommonJS.
      await project.run('npm', 'pkg', 'delete', 'type');
      await cp(join(fixtures, 'jest-cjs'), project.folder, { recursive: true });
      await project.run('node', 'node_modules/typescript/bin/tsc');
      expectGood(await test(project, 'jest-cjs'));
    },
    TIMEOUT_MS,
  );
});

/** What a later Nest may have otherwise: a file of it, what stands there, and what may stand there then. */
const CHANGES = [
  {
    library: 'core',
    file: 'router/paths-explorer.js',
    now: 'acc.push(route)',
    later: 'acc.push({ ...route, path: route.path[0] })',
    refusal: '@nestjs/common and @nestjs/core keep routes otherwise',
  },
  {
    library: 'microservices',
    file: 'constants.js',
    now: "'microservices:pattern'",
    later: "'microservices:moved'",
    refusal: '@nestjs/microservices has PATTERN_METADATA of its constants.js otherwise',
  },
  {
    library: 'websockets',
    file: 'constants.js',
    now: "'websockets:message_mapping'",
    later: "'websockets:moved'",
    refusal: '@nestjs/websockets has MESSAGE_MAPPING_METADATA of its constants.js otherwise',
  },
];

/** Changes the installed Nest as a later one may be, and starts an application on it. */
async function tryStrangeNest(project: ScratchProject, major: 11 | 12, platform: Platform): Promise<void> {
  await project.install(`@nestjs/microservices@${major}`, `@nestjs/websockets@${major}`);
  const start = (how: string) => project.run('node', 'start.cjs', platform, how);
  for (const how of ['import', 'require']) expect(await start(how)).toContain('started');
  for (const { library, file, now, later, refusal } of CHANGES) {
    const path = join('node_modules/@nestjs', library, file);
    const text = await readFile(join(project.folder, path), 'utf8');
    expect(text).toContain(now);
    await project.write(path, text.replace(now, later));
    for (const how of ['import', 'require']) expect(await start(how)).toContain(refusal);
    await project.write(path, text);
  }
}

/** Does what the README begins with: the quick start, and a resource by the generator. Leaves the project as it was. */
async function tryReadme(project: ScratchProject): Promise<void> {
  const inReadme = codeBlocks().filter(({ place }) =>
    place.startsWith('packages/nest-resource-server/README.md'),
  );
  const quickStart = inReadme.find(({ code }) => code.includes('class AppModule'));
  const generate = inReadme.find(({ code }) => code.startsWith('nest generate'));
  const [command, ...parameters] = generate!.code.trim().replace(/\S+$/, 'beeHives').split(' ');
  expect(command).toBe('nest');
  await cp(join(fixtures, 'quick-start'), project.folder, { recursive: true });
  await project.write('src/app.module.ts', quickStart!.code);
  expectPassed(await test(project, 'jest-esm', 'src/quick-start'), 'the quick start challenges strangers');
  await project.run('node', join(root, 'node_modules/@nestjs/cli/bin/nest.js'), ...parameters);
  expect(await readFile(join(project.folder, 'src/app.module.ts'), 'utf8')).toContain('BeeHivesModule');
  // By itself: a resource makes its permissions known to the compiler, for which those of the other suites are typos then.
  const settings = ['--ignoreConfig', '--module', 'nodenext', '--target', 'es2023', '--strict', '--noEmit'];
  const decorators = ['--experimentalDecorators', '--emitDecoratorMetadata', '--types', 'node,jest'];
  const spec = 'src/bee-hives/bee-hives.controller.spec.ts';
  await project.run('node', 'node_modules/typescript/bin/tsc', ...settings, ...decorators, spec);
  expectPassed(
    await test(project, 'jest-esm', 'src/bee-hives'),
    'are written, read and removed by their owner',
  );
  for (const made of ['app.module.ts', 'quick-start.spec.ts', 'bee-hives']) {
    await rm(join(project.folder, 'src', made), { recursive: true });
  }
}

function expectPassed(output: string, title: string): void {
  expect(output).toContain(title);
  expect(output).not.toMatch(/\d+ (?:failed|skipped)/);
}

/** Every suite was there, and nothing failed or was left out. */
function expectGood(output: string): void {
  for (const sentence of [
    "is as declared with another method's permissions only",
    'a stranger is refused before the body is parsed',
    'a key that the token brings along',
    'claims that are no JSON object are refused',
    'more than one Authorization header',
    'versions in the media type',
  ]) {
    expect(output).toContain(sentence);
  }
  expect(output).toMatch(/Tests:? +\d{3} passed/);
  expect(output).not.toMatch(/\d+ (?:failed|skipped)/);
}

/** Names of what is installed. */
async function packagesIn({ folder }: ScratchProject): Promise<readonly string[]> {
  const lock = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, object>;
  };
  return Object.keys(lock.packages).filter(
    (path) => path !== '' && globSync(join(folder, path, 'package.json')).length > 0,
  );
}

async function bytesIn(folder: string): Promise<number> {
  const files = globSync('**/*', { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The best of several imports in processes of their own, in milliseconds. */
async function importTime(project: ScratchProject, ...names: string[]): Promise<number> {
  const times = [];
  for (let round = 0; round < 7; round += 1) {
    times.push(Number(await project.run('node', 'measure.js', ...names)));
  }
  return Math.min(...times);
}

describe('the package', () => {
  const RECIPE = ['@nestjs/passport', 'passport', 'passport-jwt', 'jwks-rsa'];

  it(
    'adds at most 10 packages and 3 MB to those of Nest, and is imported in less than 100 ms',
    async () => {
      const project = await ScratchProject.create({ type: 'module' });
      scratch = project;
      await cp(join(fixtures, 'common/measure.js'), join(project.folder, 'measure.js'));
      await project.install(...nest(12, 'fastify'));
      const before = await packagesIn(project);
      await project.install(tarball);
      const added = (await packagesIn(project)).filter((name) => !before.includes(name));
      expect(added).toContain('node_modules/nest-resource-server');
      expect(added.length).toBeLessThanOrEqual(10);
      const bytes = await Promise.all(added.map((path) => bytesIn(join(project.folder, path))));
      const megabytes = bytes.reduce((sum, size) => sum + size, 0) / 1e6;
      expect(megabytes).toBeLessThanOrEqual(3);
      const milliseconds = await importTime(project, 'nest-resource-server');
      await project.install(...RECIPE.map(ours));
      const ofRecipe = await importTime(project, ...RECIPE);
      process.stderr.write(
        `nest-resource-server: ${added.length} package(s), ${megabytes.toFixed(2)} MB, imported in ${milliseconds} ms; ` +
          `the recipe with passport in ${ofRecipe} ms\n`,
      );
      expect(milliseconds).toBeLessThan(100);
    },
    TIMEOUT_MS,
  );

  it('would be published with its README, licence, changelog and notice, and no source', async () => {
    const { stdout } = await run('npm', ['publish', '--dry-run', '--json'], {
      cwd: join(root, 'packages/nest-resource-server'),
    });
    const told = JSON.parse(stdout.slice(stdout.indexOf('{'))) as Record<
      string,
      { files: { path: string }[] }
    >;
    const { files } = told['nest-resource-server']!;
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'README.md',
        'LICENSE',
        'CHANGELOG.md',
        'NOTICE',
        'dist/esm/auth/index.js',
        'dist/cjs/auth/index.d.ts',
      ]),
    );
    expect(
      paths.filter((path) => /\.spec\.|(?<!\.d)\.ts$/.test(path) && !path.endsWith('.template')),
    ).toEqual([]);
  });
});
