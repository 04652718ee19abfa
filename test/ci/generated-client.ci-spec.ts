import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';
import { freePort } from '../support/free-addresses.js';
import { ApiProcess } from './support/api-process.js';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');

let issuer: TestIssuer;
let api: ApiProcess;
let strict: ApiProcess;
let keyless: ApiProcess;
let folder: string;

beforeAll(async () => {
  issuer = await startTestIssuer();
  api = await ApiProcess.start(issuer);
  strict = await ApiProcess.start(issuer, { RATE_LIMIT: '2' });
  // It listens, and never gets ready.
  keyless = await ApiProcess.spawn(issuer, { JWKS_URI: `http://localhost:${await freePort()}/keys` });
  await keyless.listening();
  folder = await mkdtemp(join(tmpdir(), 'client-'));
  await cp(join(import.meta.dirname, 'client'), folder, { recursive: true });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  await writeFile(join(folder, 'api.json'), await (await fetch(`${api.url}/docs/json`)).text());
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  await writeFile(join(folder, 'readme-body.ts'), `export const readmeBody = ${bodyOf(readme)};\n`);
  await writeFile(join(folder, 'readme-client.ts'), clientOf(readme));
});

afterAll(async () => {
  await api?.stop();
  await strict?.stop();
  await keyless?.stop();
  await issuer?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** The body of the POST that the README shows. */
function bodyOf(readme: string): string {
  const [, body] = /-d '(\{[^']*"description"[^']*\})'/.exec(readme) ?? [];
  return JSON.stringify(JSON.parse(String(body)));
}

/** The client that the README shows. */
function clientOf(readme: string): string {
  const [, client] = /```typescript\n(import createClient[^]*?)```/.exec(readme) ?? [];
  return String(client);
}

/** Runs a program of ours or of a package in the folder; a failure shows what it wrote. */
async function inFolder(program: string, ...parameters: string[]): Promise<string> {
  const env = { PATH: process.env.PATH, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const { stdout } = await run(process.execPath, [program, ...parameters], { cwd: folder, env }).catch(
    (error: Error & { stdout?: string; stderr?: string }) => {
      throw new Error(`${program} ${parameters.join(' ')}\n${error.stdout}\n${error.stderr}`, {
        cause: error,
      });
    },
  );
  return stdout;
}

const bin = (path: string) => join(root, 'node_modules', path);

describe('the OpenAPI description', () => {
  it('has no fault in the eyes of a linter', async () => {
    const report = await inFolder(bin('@redocly/cli/bin/cli.js'), 'lint', 'api.json', '--format=json');
    const { totals } = JSON.parse(report) as { totals: { errors: number } };
    expect(totals.errors).toBe(0);
  });

  it('makes a client that compiles strictly, also as the README shows it, and works', async () => {
    await inFolder(bin('openapi-typescript/bin/cli.js'), 'api.json', '--output', 'api.ts');
    await inFolder(bin('typescript/bin/tsc'));
    const scopes = ['read:reports', 'read:history', 'create:expenses', 'update:expenses', 'delete:expenses'];
    const anHourAgo = Math.floor(Date.now() / 1000) - 3600;
    const tokens = {
      alice: issuer.tokenFor({ sub: 'alice', scopes }),
      aliceOfAnHourAgo: issuer.tokenFor({ sub: 'alice', scopes, auth_time: anHourAgo }),
      bob: issuer.tokenFor({ sub: 'bob', scopes }),
      // One character more than an owner may have.
      nobody: issuer.tokenFor({ sub: 'x'.repeat(256), scopes }),
    };
    const urls = { baseUrl: api.url, strictUrl: strict.url, keylessUrl: keyless.url };
    await inFolder(join(folder, 'out', 'drive.js'), JSON.stringify({ ...urls, tokens }));
  });
});
