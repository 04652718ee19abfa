import { load } from 'js-yaml';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ownRedis } from '../support/redis.js';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';
import { freePort } from './support/api-process.js';
import { readDockerfile, type Stage } from './support/dockerfile.js';
import { createDatabase, type TestDatabase } from './support/postgres.js';

const execute = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '..', '..');
const json = (text: string) => JSON.parse(text) as [string, ...string[]];

/** What a command needs of this machine to reach the registry, without what `npm run` said of this project. */
const machine = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_(?!config_registry)|INIT_CWD|NODE_ENV)/.test(name)),
);
/** The user `node` of the image. */
const NODE_USER = 1000;

/*
 * No container engine runs where the tests do. So the commands of the Dockerfile are executed one by one, each stage in a
 * folder of its own, with the Node that the image has.
 */
describe('the Dockerfile, command by command', () => {
  const stages = readDockerfile(join(ROOT, 'Dockerfile'));
  const scratch = mkdtempSync(join(tmpdir(), 'expenses-image-'));
  const image = stages.at(-1)!;
  const environment: Record<string, string> = {};
  let issuer: TestIssuer | undefined;
  let database: TestDatabase | undefined;
  let api: ChildProcess | undefined;
  let output = '';

  /** Where a path of a stage's file system is in the scratch folder. */
  const place = (stage: string, path: string) =>
    join(scratch, stage, path.startsWith('/') ? path : join('app', path));
  const last = (name: string) =>
    image.instructions.findLast((instruction) => instruction.name === name)!.text;
  const PATH = [join(ROOT, 'node_modules', 'node', 'bin'), process.env.PATH].join(delimiter);

  function copy(stage: Stage, text: string): void {
    const [, from, list] = /^(?:--from=(\S+) )?(.+)$/.exec(text)!;
    const paths = list!.split(' ');
    const target = paths.pop()!;
    for (const path of paths) {
      const source = from ? place(from, path) : join(ROOT, path);
      const destination = place(stage.name, target);
      const into = target.endsWith('/') ? join(destination, path) : destination;
      cpSync(source, into, { recursive: true, verbatimSymlinks: true });
    }
  }

  async function build(stage: Stage): Promise<void> {
    mkdirSync(place(stage.name, '.'), { recursive: true });
    for (const { name, text } of stage.instructions) {
      if (name === 'COPY') copy(stage, text);
      if (name === 'RUN') {
        await execute('sh', ['-c', text], {
          cwd: place(stage.name, '.'),
          env: { ...machine, PATH },
        });
      }
      if (name === 'ENV' && stage === image) {
        const [key, value] = text.split('=') as [string, string];
        environment[key] = value;
      }
    }
  }

  beforeAll(async () => {
    await chmod(scratch, 0o755);
    issuer = await startTestIssuer();
    database = await createDatabase();
    for (const stage of stages.filter(({ name }) => name !== 'lab')) await build(stage);
  }, 600_000);
  afterAll(async () => {
    if (api && api.exitCode === null) api.kill('SIGKILL');
    await database?.drop();
    await issuer?.close();
    rmSync(scratch, { recursive: true, force: true });
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
    const modules = place('api', 'node_modules');
    expect(existsSync(join(modules, '@nestjs', 'core'))).toBe(true);
    const installed = development.filter((path) => existsSync(place('api', path)));
    expect(installed).toEqual([]);
    for (const path of ['src', 'test', 'apps', '.env']) expect(existsSync(place('api', path))).toBe(false);
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
    const user = process.getuid?.() === 0 ? { uid: NODE_USER, gid: NODE_USER } : {};
    api = spawn(command, parameters, {
      cwd: place('api', '.'),
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
