import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../../src/testing/test-database.js';
import { Program, type Run } from '../support/program.js';

let program: Program;
let database: TestDatabase;
let run: Run | undefined;

beforeAll(async () => {
  [program, database] = await Promise.all([Program.compile(), createTestDatabase()]);
}, 120_000);

afterEach(() => run?.kill());
afterAll(async () => {
  await program?.remove();
  await database?.drop();
});

const good = () => ({
  ISSUER_BASE_URL: 'http://localhost:9/',
  ALLOWED_AUDIENCES: 'https://expenses-api',
  DATABASE_URL: database.url,
});

/** Starts the program, which must end by itself. */
async function startInVain(variables: Record<string, string>): Promise<Run> {
  run = await program.start(variables);
  expect(await run.listening).toBeUndefined();
  expect(run.exitCode).toBe(1);
  return run;
}

describe('a program that cannot start ends with an error code before it listens', () => {
  it('and names every variable that is missing, and the file that would have them', async () => {
    const { output } = await startInVain({});
    expect(output).toContain('ISSUER_BASE_URL is missing');
    expect(output).toContain('ALLOWED_AUDIENCES is missing');
    expect(output).toContain('cp .env.example .env');
  }, 120_000);

  it('and names every variable that is faulty, without their values', async () => {
    const secret = 'correct-horse-battery';
    const { output } = await startInVain({
      ...good(),
      NODE_ENV: 'production',
      ISSUER_BASE_URL: `http://${secret}.example.com/`,
      DATABASE_URL: `mysql://user:${secret}@db/x`,
      REDIS_URL: secret,
      LOG_LEVEL: secret,
      PORT: secret,
    });
    // One line of JSON in production, and nothing else.
    const { level, msg } = JSON.parse(output) as { level: string; msg: string };
    expect(level).toBe('fatal');
    for (const name of ['ISSUER_BASE_URL', 'DATABASE_URL', 'REDIS_URL', 'LOG_LEVEL', 'PORT']) {
      expect(msg).toMatch(new RegExp(`^  ${name} must`, 'm'));
    }
    expect(output).not.toContain(secret);
    expect(output).not.toContain('    at ');
    expect(output).not.toContain('.env.example');
  }, 120_000);

  it('and names the port that is taken, and what to do', async () => {
    const other: Server = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      const { output } = await startInVain({ ...good(), PORT: String(port) });
      expect(output).toContain(`Port ${port} is taken by another program.`);
      expect(output).toContain('choose another port by PORT');
      const { output: ofMetrics } = await startInVain({ ...good(), METRICS_PORT: String(port) });
      expect(ofMetrics).toContain(`Port ${port} is taken by another program.`);
      expect(ofMetrics).toContain('choose another port by METRICS_PORT');
    } finally {
      other.close();
    }
  }, 120_000);

  it('and names the folder of the database that cannot be written', async () => {
    const folder = join(import.meta.filename, 'folder');
    const { output } = await startInVain({ ...good(), DATABASE_URL: `pglite:${folder}` });
    expect(output).toContain(`The database folder "${folder}" cannot be used (ENOTDIR). Move the file away`);
    expect(output).not.toContain('    at ');
  }, 120_000);

  it('and names the folder of the database whose files are of another version', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'expenses-api-'));
    try {
      await mkdir(join(folder, 'pgdata'));
      await writeFile(join(folder, 'pgdata', 'PG_VERSION'), '13\n');
      const { output } = await startInVain({ ...good(), DATABASE_URL: `pglite:${folder}` });
      expect(output).toContain(`The database folder "${folder}" cannot be used (PGlite failed to initialize`);
      expect(output).toContain('Its files are damaged, or of another version of PostgreSQL');
      expect(output).not.toContain('    at ');
    } finally {
      await rm(folder, { recursive: true });
    }
  }, 120_000);

  it('and names the address that this machine does not have', async () => {
    const { output } = await startInVain({ ...good(), HOST: '192.0.2.1', PORT: '0' });
    expect(output).toContain('192.0.2.1 is no address of this machine. Correct HOST');
  }, 120_000);
});

it.each(['access', 'doctor', 'explain', 'migrate', 'seed'])(
  'the command %s prints its usage to standard output for --help, and needs no settings for it',
  async (command) => {
    const { code, stdout, stderr } = await program.execute(`cli/${command}.js`, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^npm run /);
  },
  120_000,
);

it.each(['access', 'doctor', 'explain', 'migrate', 'seed'])(
  'the command %s prints its usage to standard error for an option that it does not have',
  async (command) => {
    const { code, stdout, stderr } = await program.execute(`cli/${command}.js`, '--nothing');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('npm run ');
  },
  120_000,
);

it('the service itself does so, too, and starts with no argument that it does not have', async () => {
  const help = await program.execute('main.js', '--help');
  expect(help).toEqual({ code: 0, stdout: expect.stringMatching(/^npm start\n/), stderr: '' });
  const { code, stdout, stderr } = await program.execute('main.js', '--prot', '3005');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/--prot.*\nnpm start\n/s);
  expect(stderr).not.toContain('    at ');
}, 120_000);

it('a program with the two variables that it needs starts, though its issuer cannot be reached', async () => {
  run = await program.start(good());
  const url = await run.listening;
  expect((await fetch(`${url}/`)).status).toBe(401);
}, 120_000);
