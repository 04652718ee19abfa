import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import { AUDIENCE, Lab } from '../../apps/web/test/support/lab.js';
import { ALICE, BOB, logIn } from '../../apps/web/test/support/people.js';
import { Visitor } from '../../apps/web/test/support/visitor.js';
import { otherWebEnvironment } from '../../scripts/lab/settings.js';
import { freePort } from '../support/free-addresses.js';
import { machineToken } from './support/machine-token.js';
import { ScratchProject } from './support/scratch.js';

/** What the exercise's web application is made of, in its versions, and what the two ways to secure an API need. */
const PACKAGES = [
  'express@4.17.1',
  'express-session@1.17.1',
  'express-openid-connect@1.0.2',
  'express-oauth2-bearer@0.4.1',
  'express-jwt@8',
  'jwks-rsa@4',
];

let scratch: ScratchProject;
let lab: Lab;
let running: ChildProcess[] = [];

beforeAll(async () => {
  scratch = await ScratchProject.create({});
  await scratch.install(...PACKAGES);
  await cp(join(import.meta.dirname, 'scratch', 'identity-lab'), scratch.folder, { recursive: true });
  lab = await Lab.start({ api: { REVOCATION: 'on' } });
}, 300_000);
afterAll(async () => {
  await lab?.close();
  await scratch?.remove();
});
afterEach(async () => {
  const ends = running.map((child) => once(child, 'exit'));
  for (const child of running) child.kill();
  await Promise.all(ends);
  running = [];
});

/** Starts a program of the scratch project, and waits until it answers at all. */
async function start(script: string, env: Record<string, string>): Promise<string> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const child = spawn(process.execPath, [script], {
    cwd: scratch.folder,
    // In tests, Express keeps the refusals that it answers to itself.
    env: { PATH: process.env.PATH, NODE_ENV: 'test', ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  running.push(child);
  while (
    !(await fetch(url).then(
      ({ body }) => body?.cancel().then(() => true),
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`${script} ended`);
    await delay(50);
  }
  return url;
}

/** The web application, with the settings that `npm run lab -- --without-web` prints, at the addresses of this test. */
function startWeb(apiUrl = lab.apiUrl): Promise<string> {
  const printed = parseEnv(otherWebEnvironment(lab.tenant)) as Record<string, string>;
  return start('web.js', { ...printed, ISSUER_BASE_URL: lab.issuer.issuer, API_URL: apiUrl });
}

/** The block of docs/lab.md by which an API is secured, at the addresses of this test. */
async function documentedApi(): Promise<string> {
  const page = await readFile(join(import.meta.dirname, '../../docs/lab.md'), 'utf8');
  const [, code] = /^ *```js\n([^]*?)```$/m.exec(page) ?? [];
  return String(code)
    .replaceAll('http://localhost:3002/', lab.issuer.issuer)
    .replace('listen(3001)', 'listen(process.env.PORT, "localhost")');
}

/** Somebody who has consented. The answer to the application is a form, which a browser's script would post. */
async function logInAt(web: string, email: string): Promise<Visitor> {
  const visitor = new Visitor(web);
  const answer = await logIn(visitor, lab, email, '/login');
  const home = await visitor.press(answer, 'Continue');
  expect(home.url.href).toBe(`${web}/`);
  return visitor;
}

async function expensesOf(visitor: Visitor, query = ''): Promise<{ status: number; body: unknown }> {
  const { status, body } = await visitor.open(`/expenses${query}`);
  return { status, body: JSON.parse(body) as unknown };
}

const tokenFor = (scope: string) => machineToken(lab.issuer.issuer, lab.tenant, scope);

/** The token with another subject and the old signature. */
function tampered(token: string): string {
  const [header, payload = '', signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'auth0|bob' })).toString('base64url');
  return [header, changed, signature].join('.');
}

async function statusOf(api: string, token?: string): Promise<number> {
  const response = await fetch(api, { headers: token ? { authorization: `Bearer ${token}` } : {} });
  await response.body?.cancel();
  return response.status;
}

describe("an application with express-openid-connect 1, as the identity lab's own", () => {
  it('logs in, reads the expenses with the consent it has, and renews its token', async () => {
    const alice = await logInAt(await startWeb(), ALICE);
    expect((await alice.open('/')).heading).toBe('Alice Adams');
    const first = await expensesOf(alice);
    expect(first).toEqual({
      status: 200,
      body: [
        expect.objectContaining({ description: 'Coffee for the hack night.', value: 42 }),
        expect.objectContaining({ description: 'Pizza for a Coding Dojo session.', value: 102 }),
      ],
    });
    // Twice, for it keeps its first refresh token.
    expect(await expensesOf(alice, '?renew=1')).toEqual(first);
    expect(await expensesOf(alice, '?renew=1')).toEqual(first);
  });

  it('is refused by the API as soon as its user has taken the consent back, and can renew nothing', async () => {
    const bob = await logInAt(await startWeb(), BOB);
    expect((await expensesOf(bob)).status).toBe(200);
    await bob.press(await bob.open(new URL('/applications', lab.issuer.issuer)), 'Revoke');
    // The issuer tells the API, which may take a moment.
    while ((await expensesOf(bob)).status === 200) await delay(50);
    expect(await expensesOf(bob)).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    expect((await bob.open('/expenses?renew=1')).heading).toMatch(/^OPError: invalid_grant/);
    expect((await bob.open('/login')).heading).toBe('Allow access?');
  });

  it('logs out here and at the issuer', async () => {
    const alice = await logInAt(await startWeb(), ALICE);
    await alice.press(await alice.open('/logout'), 'Log out');
    expect((await alice.open('/login')).heading).toBe('Log in');
  });
});

/** It answers the web application, and nobody without a token, with a changed one, or without the permission. */
async function isSecured(script: string, env: Record<string, string>): Promise<void> {
  const api = await start(script, env);
  const alice = await logInAt(await startWeb(api), ALICE);
  expect(await expensesOf(alice)).toEqual({ status: 200, body: [{ description: 'Pizza', value: 102 }] });
  const statuses = await Promise.all([
    statusOf(api),
    statusOf(api, await tokenFor('create:expenses')),
    statusOf(api, await tokenFor('read:reports')),
    statusOf(api, tampered(await tokenFor('read:reports'))),
  ]);
  expect(statuses).toEqual([401, 403, 200, 401]);
}

describe('an API of one’s own for the tokens of the issuer', () => {
  it('is secured by express-jwt as docs/lab.md shows it', async () => {
    await writeFile(join(scratch.folder, 'documented.js'), await documentedApi());
    await isSecured('documented.js', {});
  });

  it('is secured by express-oauth2-bearer, which the exercise has', async () => {
    await isSecured('bearer.js', { ISSUER_BASE_URL: lab.issuer.issuer, ALLOWED_AUDIENCES: AUDIENCE });
  });
});
