import { load } from 'js-yaml';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ownRedis } from '../support/redis.js';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';
import { freePort } from './support/api-process.js';
import { readDockerfile } from './support/dockerfile.js';
import { createDatabase, type TestDatabase } from './support/postgres.js';
import { machine, NODE_USER, PATH, ROOT, StageFolders } from './support/stage-folders.js';

const execute = promisify(execFile);
const json = (text: string) => JSON.parse(text) as [string, ...string[]];
/** Whom a program of the image runs as. */
const user = process.getuid?.() === 0 ? { uid: NODE_USER, gid: NODE_USER } : {};
const stages = readDockerfile(join(ROOT, 'Dockerfile'));
let folders: StageFolders;

beforeAll(async () => {
  folders = await StageFolders.create();
});
afterAll(() => folders.remove());

/*
 * No container engine runs where the tests do. So the commands of the Dockerfile are executed one by one, each stage in a
 * folder of its own, with the Node that the image has.
 */
describe('the Dockerfile, command by command', () => {
  const image = stages.at(-1)!;
  let environment: Record<string, string> = {};
  let issuer: TestIssuer | undefined;
  let database: TestDatabase | undefined;
  let api: ChildProcess | undefined;
  let output = '';

  const last = (name: string) =>
    image.instructions.findLast((instruction) => instruction.name === name)!.text;

  beforeAll(async () => {
    issuer = await startTestIssuer();
    database = await createDatabase();
    for (const stage of stages.filter(({ name }) => name !== 'lab')) environment = await folders.build(stage);
  }, 600_000);
  afterAll(async () => {
    if (api && api.exitCode === null) api.kill('SIGKILL');
    await database?.drop();
    await issuer?.close();
  });

  it('builds on node:24 and runs as the user of that image that is not root', () => {
    for (const stage of stages) expect(stage.image).toMatch(/^node:24(-|$)/);
    expect(last('USER')).toBe('node');
  });

  it('leaves an image without development dependencies, sources and tests', () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { dev?: boolean }>;
    };
    // Those that nothing of the product needs, not even as a peer.
    const development = Object.keys(packages).filter((path) => packages[path]!.dev);
    expect(development.length).toBeGreaterThan(100);
    const modules = folders.place('api', 'node_modules');
    expect(existsSync(join(modules, '@nestjs', 'core'))).toBe(true);
    const installed = development.filter((path) => existsSync(folders.place('api', path)));
    expect(installed).toEqual([]);
    for (const path of ['src', 'test', 'apps', '.env'])
      expect(existsSync(folders.place('api', path))).toBe(false);
  });

  it('starts with the environment of compose.yaml, is healthy, and stops with 0', async () => {
    const { services } = load(readFileSync(join(ROOT, 'compose.yaml'), 'utf8')) as {
      services: Record<'api', { environment: Record<string, string>; depends_on: object }>;
    };
    const variables = { ...environment, ...services.api.environment };
    expect(variables.DATABASE_URL).toContain('@postgres:5432/');
    expect(variables.REDIS_URL).toContain('redis:6379');
    const port = String(await freePort());
    const [command, ...parameters] = json(last('CMD'));
    const env = {
      PATH,
      ...variables,
      // What compose takes from its own environment, and the hosts of its network.
      ISSUER_BASE_URL: issuer!.url,
      ALLOWED_AUDIENCES: issuer!.audience,
      BASE_URL: `http://localhost:${port}`,
      DATABASE_URL: database!.url,
      REDIS_URL: ownRedis(),
      METRICS_PORT: '0',
      PORT: port,
      SHUTDOWN_GRACE: '1',
    };
    api = spawn(command, parameters, {
      cwd: folders.place('api', '.'),
      env,
      ...user,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [api.stdout, api.stderr])
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));

    const [checker, ...checks] = json(last('HEALTHCHECK').replace(/^.* CMD /, ''));
    const check = () =>
      execute(checker, checks, { env: { PATH, PORT: port } }).then(
        () => true,
        () => false,
      );
    expect(await check()).toBe(false);
    const deadline = Date.now() + 60_000;
    let healthy = false;
    while (!healthy && Date.now() < deadline && api.exitCode === null) {
      healthy = await check();
      await delay(200);
    }
    expect({ healthy, output: healthy ? '' : output }).toEqual({ healthy: true, output: '' });
    const answer = await fetch(`http://127.0.0.1:${port}/`, {
      headers: { authorization: `Bearer ${issuer!.tokenFor({ scopes: ['read:reports'] })}` },
    });
    expect(answer.status).toBe(200);
    const ended = once(api, 'exit');
    api.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});

describe('the target lab of the Dockerfile, command by command', () => {
  const urls = {
    web: 'http://localhost:3000/',
    api: 'http://localhost:3001/',
    issuer: 'http://localhost:3002/',
  };
  let lab: ChildProcess | undefined;

  afterAll(() => {
    if (lab && lab.exitCode === null) lab.kill('SIGKILL');
  });

  it('makes an image whose command runs all three programs, as a user that is not root', async () => {
    const stage = stages.find(({ name }) => name === 'lab')!;
    await folders.build(stage);
    expect(existsSync(folders.place('lab', 'node_modules/@nestjs/core'))).toBe(true);
    for (const path of ['test', '.git', '.env']) expect(existsSync(folders.place('lab', path))).toBe(false);
    expect(stage.instructions.at(-2)).toEqual({ name: 'USER', text: 'node' });

    const cwd = folders.place('lab', '.');
    const [command, ...parameters] = json(stage.instructions.at(-1)!.text);
    lab = spawn(command, parameters, { cwd, env: { ...machine, PATH, HOME: cwd }, ...user, stdio: 'pipe' });
    let output = '';
    for (const stream of [lab.stdout, lab.stderr])
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    while (!output.includes('The lab is running')) {
      if (lab.exitCode !== null) throw new Error(`The lab ended: ${output}`);
      await delay(200);
    }
    const [, curl] = /curl -H '(Authorization: Bearer [^']+)'/.exec(output)!;
    const [name, value] = curl!.split(': ') as [string, string];
    const answers = [
      await fetch(urls.api, { headers: { [name]: value } }),
      await fetch(urls.api),
      await fetch(urls.web),
      await fetch(`${urls.issuer}.well-known/openid-configuration`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 200, 200]);
    expect(await answers[0]!.json()).toHaveLength(2);

    const ended = once(lab, 'exit');
    lab.kill('SIGTERM');
    await ended;
    await expect(fetch(urls.api)).rejects.toThrow('fetch failed');
  }, 600_000);
});

const promtoolIsThere = await execute('promtool', ['--version']).then(
  () => true,
  (error: unknown) => {
    if (process.env.CI === 'true') throw error;
    return false;
  },
);

(promtoolIsThere ? describe : describe.skip)('the alert rules (skipped without promtool)', () => {
  const cwd = join(ROOT, 'deploy', 'prometheus');

  it('are accepted by promtool', async () => {
    const { stdout } = await execute('promtool', ['check', 'rules', 'alerts.yaml'], { cwd });
    expect(stdout).toContain('6 rules found');
  });

  it('fire when they should, and not before', async () => {
    const { stdout } = await execute('promtool', ['test', 'rules', 'alerts.test.yaml'], { cwd });
    expect(stdout).toContain('SUCCESS');
  });
});
