import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startIssuer } from '../src/start-issuer.js';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
/** Programs start slowly on a busy machine. */
const PATIENCE_MS = 60_000;

describe('The command line', () => {
  let folder: string;
  let program: string;
  let main: string;
  let child: ChildProcess | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'issuer-'));
    // Inside the repository, for that is how the program finds its packages, and apart from what somebody built.
    const packages = join(PACKAGE, '../../node_modules');
    await mkdir(join(packages, '.cache'), { recursive: true });
    program = await mkdtemp(join(packages, '.cache', 'issuer-program-'));
    main = join(program, 'dist/main.js');
    for (const part of ['package.json', 'tenant.json', 'public', 'views']) {
      await cp(join(PACKAGE, part), join(program, part), { recursive: true });
    }
    const tsc = join(packages, 'typescript/bin/tsc');
    const project = join(PACKAGE, 'tsconfig.build.json');
    execFileSync(process.execPath, [tsc, '-p', project, '--outDir', join(program, 'dist')]);
  }, PATIENCE_MS);
  afterEach(() => {
    child?.kill();
    child = undefined;
  });
  afterAll(async () => {
    for (const made of [folder, program]) await rm(made, { recursive: true, force: true });
  });

  /** Runs the program to its end. */
  function run(args: string[], variables: Record<string, string>) {
    return new Promise<{ code: number; output: string }>((resolve) => {
      const env = { DATA_FOLDER: folder, ...variables };
      execFile(process.execPath, [main, ...args], { env, timeout: PATIENCE_MS }, (error, stdout, stderr) => {
        resolve({
          code: typeof error?.code === 'number' ? error.code : error ? -1 : 0,
          output: stdout + stderr,
        });
      });
    });
  }

  /** Starts the program and waits until it has printed its address. */
  function start(): Promise<{ issuer: string; output: string }> {
    const started = spawn(process.execPath, [main], { env: { DATA_FOLDER: folder, PORT: '0' } });
    child = started;
    return new Promise((resolve, reject) => {
      let output = '';
      started.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        const issuer = /http:\/\/localhost:\d+\//.exec(output)?.[0];
        if (issuer && output.includes('bob@example.com')) resolve({ issuer, output });
      });
      started.on('exit', (code) => reject(new Error(`The issuer ended with ${code}: ${output}`)));
    });
  }

  it(
    'refuses NODE_ENV=production, to serve and to rotate',
    async () => {
      for (const args of [[], ['rotate-keys']]) {
        const { code, output } = await run(args, { NODE_ENV: 'production' });
        expect(code).toBe(1);
        expect(output).toContain(
          'NODE_ENV must not be production: the issuer is for development and tests only',
        );
      }
    },
    PATIENCE_MS,
  );

  it(
    'names a port that is taken, and says what to do',
    async () => {
      const other = await startIssuer({ port: 0 });
      try {
        const { port } = new URL(other.issuer);
        const { code, output } = await run([], { PORT: port });
        expect(code).toBe(1);
        expect(output).toContain(`Port ${port} is taken by another program. Stop that program, or set PORT`);
      } finally {
        await other.close();
      }
    },
    PATIENCE_MS,
  );

  it(
    'lists the faults of the tenant file',
    async () => {
      const file = join(folder, 'tenant.json');
      await writeFile(file, JSON.stringify({ apis: [{}], applications: [], users: [] }));
      const { code, output } = await run([], { TENANT_FILE: file });
      expect(code).toBe(1);
      expect(output).toContain('apis[0].identifier');
      expect(output).toContain('apis[0].permissions');
    },
    PATIENCE_MS,
  );

  it(
    'refuses a command that it does not know',
    async () => {
      const { code, output } = await run(['rotate'], {});
      expect(code).toBe(1);
      expect(output).toContain('Usage: issuer [rotate-keys]');
    },
    PATIENCE_MS,
  );

  it(
    'rotates the keys of an issuer that runs, and ends on a signal',
    async () => {
      const { issuer, output } = await start();
      expect(output).toContain('alice@example.com  password: ');
      const kids = async () => {
        const response = await fetch(`${issuer}.well-known/jwks.json`);
        return ((await response.json()) as { keys: { kid: string }[] }).keys.map((key) => key.kid);
      };
      const [old] = await kids();
      const rotation = await run(['rotate-keys'], {});
      expect(rotation.code).toBe(0);
      const after = await kids();
      expect(after).toEqual([expect.any(String), old]);
      expect(rotation.output).toContain(after[0]);

      const ended = new Promise<number | null>((resolve) => child?.once('exit', resolve));
      child?.kill('SIGTERM');
      expect(await ended).toBe(0);
    },
    PATIENCE_MS,
  );
});
