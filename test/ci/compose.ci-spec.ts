import { load } from 'js-yaml';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseEnvironment } from '../../src/config/environment.js';
import { freePort } from '../support/free-addresses.js';

const ROOT = resolve(import.meta.dirname, '..', '..');

interface Service {
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly ports: readonly string[];
  readonly depends_on: object;
  readonly healthcheck: { readonly test: readonly string[] };
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly mem_limit: string;
}

/** A compose file as compose reads it with these variables. @throws Error for one that is demanded and absent */
function compose(file: string, variables: Readonly<Record<string, string>>) {
  const text = readFileSync(join(ROOT, file), 'utf8').replaceAll(
    /\$(?:\$|(\w+)|\{(\w+)(?::([-?])([^}]*))?\})/g,
    (_whole, bare?: string, braced?: string, otherwise?: string, words = '') => {
      const name = bare ?? braced;
      if (name === undefined) return '$';
      const value = variables[name];
      if (!value && otherwise === '?') throw new Error(`${name}: ${words}`);
      return value || words;
    },
  );
  return (load(text) as { services: Readonly<Record<string, Service>> }).services;
}

const passwords = { POSTGRES_PASSWORD: 'of-the-database', REDIS_PASSWORD: 'of-redis' };
const services = compose('compose.yaml', { ...passwords, ISSUER_BASE_URL: 'https://tenant.example.com' });
const { api, redis } = services as { api: Service; redis: Service };
const { lab } = compose('compose.lab.yaml', {}) as { lab: Service };

/** The addresses of this machine that services are reached at, with these variables. */
const addresses = (variables: object) =>
  Object.values(compose('compose.yaml', { ...passwords, ...variables }))
    .flatMap(({ ports }) => ports)
    .map((port) => port.replace(/:\d+:\d+$/, ''));

describe('compose.yaml', () => {
  it('starts nothing without passwords', () => {
    for (const name of Object.keys(passwords))
      expect(() => compose('compose.yaml', { ...passwords, [name]: '' })).toThrow(name);
  });

  it('listens on this machine only, unless told otherwise', () => {
    expect(addresses({})).toEqual(Array(3).fill('127.0.0.1'));
    expect(addresses({ LISTEN: '0.0.0.0' })).toEqual(Array(3).fill('0.0.0.0'));
  });

  it('gives no service more memory than it says', () => {
    for (const service of [...Object.values(services), lab]) expect(service.mem_limit).toMatch(/^\d+[mg]$/);
  });

  it.each([
    ['API', api],
    ['lab', lab],
    ['Redis', redis],
  ])('lets the %s have no capability and get none', (_name, { cap_drop, security_opt }) => {
    expect({ cap_drop, security_opt }).toEqual({
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
  });

  it('lets API and Redis write nowhere but where it says', () => {
    expect([api.read_only, redis.read_only]).toEqual([true, true]);
  });

  it('starts the API when database and Redis are healthy', () => {
    const healthy = { condition: 'service_healthy' };
    expect(api.depends_on).toEqual({ postgres: healthy, redis: healthy });
    for (const name of Object.keys(api.depends_on)) expect(services[name]!.healthcheck.test).toHaveLength(2);
  });

  it('has settings that the API accepts in production, all of whose names it knows', () => {
    const variables = { ...api.environment, NODE_ENV: 'production' };
    expect(parseEnvironment(variables, Object.keys(variables))).toMatchObject({
      DATABASE_PASSWORD: passwords.POSTGRES_PASSWORD,
      REDIS_URL: `redis://:${passwords.REDIS_PASSWORD}@redis:6379`,
    });
  });

  it('starts a Redis that demands the password, whose health check passes with it, and that ends when it is told to', async () => {
    const port = String(await freePort());
    const cwd = await mkdtemp(join(tmpdir(), 'compose-redis-'));
    const [shell, ...parameters] = redis.command.map((part) =>
      part.replace('redis-server -', `redis-server - --port ${port} --bind 127.0.0.1`),
    );
    const env = { PATH: process.env.PATH, ...redis.environment };
    // A list of processes would show it.
    expect(parameters.join(' ')).not.toContain(passwords.REDIS_PASSWORD);
    const server = spawn(shell!, parameters, { cwd, env, stdio: 'ignore' });
    try {
      const [kind, check] = redis.healthcheck.test;
      expect(kind).toBe('CMD-SHELL');
      const isHealthy = (variables: Record<string, string> = {}) =>
        spawnSync('sh', ['-c', check!.replace('redis-cli', `redis-cli -p ${port}`)], {
          env: { ...env, ...variables },
        }).status === 0;
      const deadline = Date.now() + 10_000;
      while (!isHealthy() && Date.now() < deadline) await delay(100);
      expect(isHealthy()).toBe(true);
      expect(isHealthy({ REDISCLI_AUTH: '' })).toBe(false);
      expect(isHealthy({ REDISCLI_AUTH: 'another' })).toBe(false);
      server.kill('SIGTERM');
      await once(server, 'exit');
      expect(isHealthy()).toBe(false);
    } finally {
      server.kill('SIGKILL');
      await rm(cwd, { recursive: true, force: true });
    }
  });
});
