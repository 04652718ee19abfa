import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startIssuer } from '../../apps/issuer/src/start-issuer.js';
import { readTenant } from '../../apps/issuer/src/tenant.js';
import { AUDIENCE } from '../../apps/web/test/support/lab.js';
import { codeBlocks } from '../documentation/code-blocks.js';
import { freePort } from './support/api-process.js';
import { machineToken } from './support/machine-token.js';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const FEATURES = /^const features: Modules = .*$/m;

let project: string;

/** A copy of what is in the repository, to be changed. */
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'extending-'));
  const { stdout } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  });
  for (const file of stdout.trim().split('\n')) {
    await mkdir(dirname(join(project, file)), { recursive: true });
    // A file that was removed and not committed yet is listed as well.
    await cp(join(root, file), join(project, file)).catch(() => undefined);
  }
  await symlink(join(root, 'node_modules'), join(project, 'node_modules'));
});
afterAll(() => rm(project, { recursive: true, force: true }));

/** Runs a command in the copy; a failure shows what it wrote. */
async function inProject(command: string, ...parameters: string[]): Promise<string> {
  const options = { cwd: project, maxBuffer: 64 * 1024 * 1024 };
  const { stdout, stderr } = await run(command, parameters, options).catch(
    (error: Error & { stdout?: string; stderr?: string }) => {
      throw new Error(`${command} ${parameters.join(' ')}\n${error.stdout}\n${error.stderr}`, {
        cause: error,
      });
    },
  );
  return stdout + stderr;
}

/** What stands under a heading of docs/extending.md. */
async function blocksUnder(heading: string) {
  const text = await readFile(join(root, 'docs/extending.md'), 'utf8');
  const section = text.slice(text.indexOf(`\n## ${heading}\n`)).split('\n## ')[1] ?? '';
  return codeBlocks().filter(
    ({ place, code }) => place.startsWith('docs/extending.md') && section.includes(code),
  );
}

describe('docs/extending.md, "Add a resource"', () => {
  it('leads to an API that compiles, knows the routes, and passes the tests of the resource', async () => {
    const blocks = await blocksUnder('Add a resource');
    const [copy, update] = blocks.filter(({ language }) => language === 'sh');
    const features = blocks.map(({ code }) => FEATURES.exec(code)?.[0]).find(Boolean);
    expect([copy?.code, update?.code, features]).toEqual([
      expect.any(String),
      expect.any(String),
      expect.any(String),
    ]);

    await inProject('bash', '-ec', copy!.code);
    const path = join(project, 'src/app.module.ts');
    const module = await readFile(path, 'utf8');
    expect(module).toMatch(FEATURES);
    const withImport = `import { InvoicesModule } from './invoices/invoices.module.js';\n${module}`;
    await writeFile(path, withImport.replace(FEATURES, features!));
    await inProject('bash', '-ec', update!.code);

    expect(await readFile(join(project, 'access.json'), 'utf8')).toContain('create:invoices');
    await inProject('node_modules/.bin/nest', 'build');
    await inProject('npm', 'test', '--', 'src/invoices');
  }, 300_000);

  it('leads to an issuer of the lab that knows the permissions, and an API that takes them', async () => {
    const tenant = readTenant(join(project, 'apps/issuer/tenant.json'));
    const issuer = await startIssuer({ port: 0, tenant });
    const url = `http://localhost:${await freePort()}`;
    const api = spawn(process.execPath, [join(project, 'dist/main.js')], {
      cwd: project,
      env: { ISSUER_BASE_URL: issuer.issuer, ALLOWED_AUDIENCES: AUDIENCE, PORT: new URL(url).port },
      stdio: 'ignore',
    });
    try {
      const invoices = async (scope: string) => {
        const authorization = `Bearer ${await machineToken(issuer.issuer, tenant, scope)}`;
        return (await fetch(`${url}/invoices`, { headers: { authorization } })).status;
      };
      while (
        !(await fetch(url).then(
          () => true,
          () => false,
        ))
      ) {
        if (api.exitCode !== null) throw new Error('the API ended');
        await delay(100);
      }
      expect(await invoices('read:invoices')).toBe(200);
      expect(await invoices('read:reports')).toBe(403);
    } finally {
      api.kill();
      await Promise.all([once(api, 'exit'), issuer.close()]);
    }
  }, 120_000);
});
