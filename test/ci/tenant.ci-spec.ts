import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { toAuth0Tenant } from '../../src/cli/access/tenant.js';
import { readAccess } from '../../src/cli/read-access.js';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
type Versions = Record<string, string>;

const TIMEOUT_MS = 600_000;

/** What npm gives to scripts says where the product is; a project elsewhere must not see it. */
function foreignEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) =>
      !/^npm_(?:package|lifecycle|config_(?:local_prefix|workspace))|^INIT_CWD$|^NODE_OPTIONS$/i.test(name),
  );
  return Object.fromEntries(entries);
}

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scratch-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs a command in the scratch folder; a failure shows what it wrote. */
async function inScratch(command: string, ...parameters: string[]): Promise<string> {
  const options = { cwd: folder, env: foreignEnvironment(), maxBuffer: 64 * 1024 * 1024 };
  const { stdout, stderr } = await run(command, parameters, options).catch(
    (error: Error & { stdout?: string; stderr?: string }) => {
      throw new Error(`${command} ${parameters.join(' ')}\n${error.stdout}\n${error.stderr}`, {
        cause: error,
      });
    },
  );
  return stdout + stderr;
}

describe('the package', () => {
  it(
    'protects another Nest application, whose types, start and attack suite work with it alone',
    async () => {
      const packed = await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root });
      const { version, dependencies, devDependencies } = JSON.parse(
        await readFile(join(root, 'package.json'), 'utf8'),
      ) as { version: string; dependencies: Versions; devDependencies: Versions };
      const tarball = packed.stdout.trim().split('\n').at(-1) as string;
      expect(tarball).toBe(`expenses-api-${version}.tgz`);
      await cp(join(import.meta.dirname, 'scratch'), folder, { recursive: true });
      await writeFile(
        join(folder, 'package.json'),
        JSON.stringify(scratchPackage(tarball, { ...dependencies, ...devDependencies })),
      );
      await inScratch('npm', 'install', '--no-audit', '--no-fund');
      await inScratch('npx', 'tsc', '--noEmit');
      const output = await inScratch('npm', 'test');
      expect(output).toContain("is as declared with another method's permissions only");
      expect(output).toMatch(/Tests: +15 passed, 15 total/);
    },
    TIMEOUT_MS,
  );
});

/** Nest must be there once, so its versions are those of the package. */
function scratchPackage(tarball: string, versions: Versions): object {
  const nest = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-fastify', '@nestjs/testing'];
  const tools = ['@swc/core', '@swc/jest', '@types/jest', '@types/node', 'jest', 'node', 'typescript'];
  const pinned = [...nest, ...tools].map((name) => [name, versions[name]]);
  return {
    name: 'scratch',
    private: true,
    type: 'module',
    scripts: { test: 'node --experimental-vm-modules node_modules/jest/bin/jest.js --verbose' },
    dependencies: { 'expenses-api': `file:${tarball}`, ...Object.fromEntries(pinned) },
    allowScripts: { node: true },
  };
}

/** Reads the file as auth0-deploy-cli does, and runs what it runs before it calls Auth0. */
const VALIDATE = `
const { readFileSync } = require('node:fs');
const { load } = require(require.resolve('js-yaml', { paths: [require.resolve('auth0-deploy-cli')] }));
const { Auth0 } = require('auth0-deploy-cli/lib/tools');
new Auth0({}, load(readFileSync(process.argv[2], 'utf8')), () => undefined).validate().then(
  () => console.log('accepted'),
  (error) => { console.error(error.message); process.exitCode = 1; },
);
`;

describe('the tenant file for Auth0', () => {
  it(
    "is accepted by auth0-deploy-cli's own validation, which refuses one with a fault",
    async () => {
      await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
      await inScratch('npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', 'auth0-deploy-cli@8');
      const { permissions } = await readAccess();
      const api = {
        name: 'Expenses API',
        identifier: 'https://expenses-api',
        permissions,
        enforcePermissions: true,
      };
      const tenant = JSON.stringify(toAuth0Tenant({ ...api, profile: 'rfc9068' }));
      await writeFile(join(folder, 'good.yaml'), tenant);
      await writeFile(join(folder, 'bad.yaml'), tenant.replace('"identifier"', '"audience"'));
      await writeFile(join(folder, 'validate.cjs'), VALIDATE);
      expect(await inScratch('node', 'validate.cjs', 'good.yaml')).toContain('accepted');
      await expect(inScratch('node', 'validate.cjs', 'bad.yaml')).rejects.toThrow(
        "required property 'identifier'",
      );
    },
    TIMEOUT_MS,
  );
});
