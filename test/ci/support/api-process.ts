import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestIssuer } from '../../../src/testing/index.js';
import { freePort } from '../../support/free-addresses.js';

const ROOT = resolve(import.meta.dirname, '..', '..', '..');
const MAIN = resolve(ROOT, process.env.TEST_API_MAIN ?? 'dist/main.js');
const START_LIMIT_MS = 60_000;

/** The built API as a process of its own. */
export class ApiProcess {
  /** What it wrote to standard output and standard error. */
  output = '';
  /** When it has ended and all of its output is there, which comes later than its exit. */
  private readonly closed: Promise<unknown>;

  private constructor(
    readonly child: ChildProcess,
    readonly port: number,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
    this.closed = once(child, 'close');
  }

  /** Starts it, and waits until it is ready. */
  static async start(issuer: TestIssuer, variables: Record<string, string> = {}): Promise<ApiProcess> {
    const api = await ApiProcess.spawn(issuer, variables);
    try {
      await api.ready();
    } catch (error) {
      await api.kill();
      throw error;
    }
    return api;
  }

  /**
   * Starts it, and does not wait.
   *
   * @param stdout a descriptor for its standard output, instead of a pipe that is read
   * @param wrapper a command that runs the command that follows it
   * @param main the file to start
   */
  static async spawn(
    issuer: TestIssuer,
    variables: Record<string, string> = {},
    stdout: number | 'pipe' = 'pipe',
    wrapper: readonly string[] = [],
    main: string = MAIN,
  ): Promise<ApiProcess> {
    if (!existsSync(main)) throw new Error(`There is no ${main}: run \`npm run build\` first`);
    const port = await freePort();
    const [program, ...parameters] = [...wrapper, process.execPath, main];
    const child = spawn(program, parameters, {
      // A folder without .env.
      cwd: join(ROOT, 'test', 'ci'),
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'production',
        PORT: String(port),
        HOST: '127.0.0.1',
        ISSUER_BASE_URL: issuer.url,
        ALLOWED_AUDIENCES: issuer.audience,
        BASE_URL: `http://127.0.0.1:${port}`,
        DATABASE_URL: 'pglite:memory://',
        RATE_LIMIT: '0',
        FAILED_AUTH_LIMIT: '0',
        SHUTDOWN_GRACE: '0',
        ...variables,
      },
      stdio: ['ignore', stdout, 'pipe'],
    });
    return new ApiProcess(child, port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Waits until it is ready. */
  async ready(): Promise<void> {
    const deadline = Date.now() + START_LIMIT_MS;
    while (!(await this.isReady())) {
      if (this.hasEnded || Date.now() > deadline) throw new Error(`The API did not start:\n${this.output}`);
      await delay(50);
    }
  }

  /** Waits until it takes requests, which it does before it is ready: keys of the issuer may be missing. */
  listening(): Promise<void> {
    return this.logged('The expenses API listens');
  }

  /** Waits until it has written something; it writes its lines together. */
  async logged(words: string): Promise<void> {
    const deadline = Date.now() + START_LIMIT_MS;
    while (!this.output.includes(words)) {
      if (Date.now() > deadline) throw new Error(`"${words}" is nowhere in:\n${this.output}`);
      await delay(50);
    }
  }

  async isReady(): Promise<boolean> {
    return fetch(`${this.url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  /** Waits for its end, and for the last of its output. @returns the exit code */
  async ended(): Promise<number | null> {
    await this.closed;
    return this.child.exitCode;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Sends a signal, and waits for the end. @returns the exit code, and after how many milliseconds it ended */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<{ code: number | null; milliseconds: number }> {
    const startedAt = performance.now();
    if (!this.hasEnded) {
      const ended = once(this.child, 'exit');
      this.child.kill(signal);
      await ended;
    }
    return { code: this.child.exitCode, milliseconds: Math.round(performance.now() - startedAt) };
  }

  async kill(): Promise<void> {
    await this.stop('SIGKILL');
  }
}
