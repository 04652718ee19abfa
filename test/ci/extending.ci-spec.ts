import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startIssuer } from '../../apps/issuer/src/start-issuer.js';
import { readTenant } from '../../apps/issuer/src/tenant.js';
import { AUDIENCE } from '../../apps/web/test/support/lab.js';
import { startTestIssuer } from '../../src/testing/index.js';
import { type CodeBlock, codeBlocks } from '../documentation/code-blocks.js';
import { freePort } from '../support/free-addresses.js';
import { ApiProcess } from './support/api-process.js';
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

/** The blocks of code under a heading of docs/extending.md. */
async function blocksUnder(heading: string) {
  const text = await readFile(join(root, 'docs/extending.md'), 'utf8');
  const start = text.indexOf(`\n## ${heading}\n`);
  const end = text.indexOf('\n## ', start + 1);
  const lineAt = (index: number) => text.slice(0, index).split('\n').length;
  return codeBlocks().filter(({ place }) => {
    const line = Number(/^docs\/extending\.md:(\d+)$/.exec(place)?.[1]);
    return line > lineAt(start) && line < lineAt(end);
  });
}

/** Writes into app.module.ts what the page says, and imports the module that it names. */
async function listFeature(blocks: readonly CodeBlock[], module: string, file: string): Promise<void> {
  const features = blocks.map(({ code }) => FEATURES.exec(code)?.[0]).find(Boolean);
  expect(features).toContain(module);
  const path = join(project, 'src/app.module.ts');
  const text = await readFile(path, 'utf8');
  expect(text).toMatch(FEATURES);
  const withImport = `import { ${module} } from '${file}';\n${text}`;
  await writeFile(path, withImport.replace(FEATURES, features!));
}

const manifest = () => readFile(join(project, 'access.json'), 'utf8');

/** Calls the built API of the copy. */
async function call(
  work: (send: (method: string, path: string, body?: object) => Promise<Response>) => Promise<void>,
) {
  const issuer = await startTestIssuer();
  const main = join(project, 'dist/main.js');
  const api = await ApiProcess.spawn(issuer, {}, 'pipe', [], main);
  try {
    await api.ready();
    const scopes = ['vehicles', 'bee-hives'].flatMap((name) => [`read:${name}`, `create:${name}`]);
    const authorization = `Bearer ${issuer.tokenFor({ sub: 'alice', scopes })}`;
    const headers = { authorization, 'content-type': 'application/json' };
    await work((method, path, body) =>
      fetch(`${api.url}${path}`, { method, headers, body: body && JSON.stringify(body) }),
    );
  } finally {
    await api.stop();
    await issuer.close();
  }
}

describe('docs/extending.md', () => {
  it('"Add a resource" leads to an API that compiles, knows the routes, and passes the tests of the resource', async () => {
    const blocks = await blocksUnder('Add a resource');
    const [copy, update] = blocks.filter(({ language }) => language === 'sh');
    await inProject('bash', '-ec', copy!.code);
    await listFeature(blocks, 'InvoicesModule', './invoices/invoices.module.js');
    await inProject('bash', '-ec', update!.code);

    expect(await manifest()).toContain('create:invoices');
    await inProject('node_modules/.bin/nest', 'build');
    await inProject('npm', 'test', '--', 'src/invoices');
  }, 300_000);

  it('"Add a resource" leads to an issuer of the lab that knows the permissions, and an API that takes them', async () => {
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

  it('says in a sentence, without a stack, that a name of a resource is none', async () => {
    const failure = await inProject('npm', 'run', '--silent', 'resource', '--', '12').catch(String);
    expect(failure).toContain(
      'Error: "12" cannot be the name of a resource: use letters, digits and hyphens',
    );
    expect(failure).not.toContain('    at ');
  }, 60_000);

  it('"Keep its data in a table" leads to an API with the tables, by the generator and by hand', async () => {
    const blocks = await blocksUnder('Keep its data in a table');
    const [generate, copy, update] = blocks.filter(({ language }) => language === 'sh');
    await inProject('bash', '-ec', copy!.code);
    await listFeature(blocks, 'VehiclesModule', './vehicles/vehicles.module.js');
    await inProject('bash', '-ec', update!.code);
    await inProject('bash', '-ec', generate!.code);

    expect(await manifest()).toContain('delete:vehicles');
    expect(await manifest()).toContain('delete:bee-hives');
    const migrations = await readdir(join(project, 'src/database/migrations'));
    for (const name of ['vehicles', 'bee_hives']) {
      expect(migrations).toContainEqual(expect.stringMatching(new RegExp(`^\\d{4}_${name}\\.sql$`)));
    }
    await inProject('npx', 'prettier', '--check', 'src/bee-hives', 'src/app.module.ts');
    await inProject('node_modules/.bin/nest', 'build');
    await call(async (send) => {
      for (const path of ['/vehicles', '/bee-hives']) {
        const created = await send('POST', path, { name: 'van' });
        expect(created.status).toBe(201);
        const kept = (await created.json()) as object;
        expect(await (await send('GET', path)).json()).toEqual([kept]);
      }
    });
  }, 600_000);
});
