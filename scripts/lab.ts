/**
 * `npm run lab`: the whole identity lab on this machine. Builds and starts the issuer, the API and the web application
 * with sample data, waits until all answer, and prints where they are and a curl line with a real access token.
 * Ctrl-C ends all of them.
 */
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { asPermissions, runToEnd, startProgram, stopAll, waitUntilReady } from './lab/programs.ts';
import { assertPortsFree } from './lab/ports.ts';

const root = join(import.meta.dirname, '..');
const labFolder = join(root, 'data', 'lab');

const urls = { web: 'http://localhost:3000', api: 'http://localhost:3001', issuer: 'http://localhost:3002' };
const audience = 'https://expenses-api';

interface Tenant {
  readonly applications: readonly { readonly clientId: string; readonly clientSecret?: string }[];
  readonly users: readonly { readonly email: string; readonly hint: string; readonly permissions: object }[];
}

const tenant = JSON.parse(readFileSync(join(root, 'apps/issuer/tenant.json'), 'utf8')) as Tenant;

function secretOf(clientId: string): string {
  return tenant.applications.find((application) => application.clientId === clientId)?.clientSecret ?? '';
}

/** A token of the lab's machine client with these permissions. */
async function accessToken(scope: string): Promise<string> {
  const response = await fetch(`${urls.issuer}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'lab-cli',
      client_secret: secretOf('lab-cli'),
      audience,
      scope,
    }),
  });
  const { access_token: token } = (await response.json()) as { access_token?: string };
  if (!token) throw new Error(`The issuer gave no access token (status ${response.status}).`);
  return token;
}

async function main(): Promise<void> {
  await assertPortsFree({ 'web application': 3000, API: 3001, issuer: 3002 });
  await mkdir(labFolder, { recursive: true });

  const apiEnvironment = {
    PORT: '3001',
    ISSUER_BASE_URL: urls.issuer,
    ALLOWED_AUDIENCES: audience,
    CORS_ORIGINS: urls.web,
    DATABASE_URL: `pglite:${join(labFolder, 'expenses')}`,
    LOG_LEVEL: 'warn',
  };
  const webEnvironment = {
    PORT: '3000',
    BASE_URL: urls.web,
    ISSUER_BASE_URL: urls.issuer,
    CLIENT_ID: 'expenses-web',
    CLIENT_SECRET: secretOf('expenses-web'),
    API_URL: urls.api,
    API_AUDIENCE: audience,
    // A lab's sessions end with the lab.
    SESSION_SECRET: crypto.randomUUID() + crypto.randomUUID(),
  };

  console.log('Building the API, the issuer and the web application ...');
  await Promise.all([
    runToEnd('build', ['npm', 'run', '--silent', 'build'], root, {}),
    runToEnd('build', ['npm', 'run', '--silent', 'build', '-w', 'apps/issuer', '-w', 'apps/web'], root, {}),
  ]);
  await runToEnd('seed', [process.execPath, join(root, 'dist/cli/seed.js')], labFolder, apiEnvironment);

  console.log('Starting them ...');
  startProgram('issuer', join(root, 'apps/issuer/dist/main.js'), labFolder, { PORT: '3002' });
  await waitUntilReady([`${urls.issuer}/.well-known/openid-configuration`]);
  startProgram('api', join(root, 'dist/main.js'), labFolder, apiEnvironment);
  startProgram('web', join(root, 'apps/web/dist/main.js'), labFolder, webEnvironment);
  await waitUntilReady([`${urls.api}/health/live`, `${urls.web}/`]);

  const [token, lesser] = [await accessToken('read:reports'), await accessToken('create:expenses')];
  console.log(`
The lab is running. Ctrl-C ends it.

  Web application  ${urls.web}    log in here
  API              ${urls.api}    documented at ${urls.api}/docs
  Issuer           ${urls.issuer}    what you allowed: ${urls.issuer}/applications

Sample users
${tenant.users.map((user) => `  ${user.email}  password ${user.hint}  may ${asPermissions(user.permissions)}`).join('\n')}

The API answers with expenses for a valid access token that has the permission read:reports:

  curl -H 'Authorization: Bearer ${token}' ${urls.api}/

and refuses without one (401), or with one that lacks the permission (403):

  curl -i ${urls.api}/
  curl -i -H 'Authorization: Bearer ${lesser}' ${urls.api}/
`);
}

let ending = false;
async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  await stopAll();
  process.exit(code);
}

process.on('SIGINT', () => void end(0));
process.on('SIGTERM', () => void end(0));
process.on('SIGHUP', () => void end(0));
// The shell between npm and us does not hand SIGTERM on, it ends and leaves us behind.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) void end(0);
}, 500).unref();

try {
  await main();
} catch (error) {
  if (!ending) console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  await end(1);
}
