import { transformFile } from '@swc/core';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, glob, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { swcOptions } from '../../scripts/build/swc.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** The service as a program, compiled from the sources as the tests are: a process of its own that can be killed. */
export class Program {
  private readonly runs: Run[] = [];

  private constructor(private readonly folder: string) {}

  static async compile(): Promise<Program> {
    // Inside the repository, for that is how the program finds its packages.
    const cache = join(ROOT, 'node_modules', '.cache');
    await mkdir(cache, { recursive: true });
    const folder = await mkdtemp(join(cache, 'expenses-program-'));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    for await (const file of glob('**/*.ts', {
      cwd: join(ROOT, 'src'),
      exclude: ['**/*.spec.ts', 'testing/**'],
    })) {
      const { code } = await transformFile(join(ROOT, 'src', file), swcOptions);
      const target = join(folder, file.replace(/\.ts$/, '.js'));
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, code);
    }
    await cp(join(ROOT, 'src/database/migrations'), join(folder, 'database/migrations'), { recursive: true });
    return new Program(folder);
  }

  /** Starts it, and waits until it listens or has ended. */
  async start(variables: Record<string, string>): Promise<Run> {
    const child = spawn(process.execPath, [join(this.folder, 'main.js')], {
      cwd: this.folder,
      env: {
        PORT: '0',
        HOST: '127.0.0.1',
        RATE_LIMIT: '0',
        FAILED_AUTH_LIMIT: '0',
        LOG_LEVEL: 'info',
        ...variables,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const run = new Run(child);
    this.runs.push(run);
    await run.listening;
    return run;
  }

  /** Runs one of its commands to the end, without any settings. */
  execute(file: string, ...parameters: string[]) {
    return this.executeWith({}, file, ...parameters);
  }

  /** Runs one of its commands to the end, with these settings only. */
  executeWith(variables: Record<string, string>, file: string, ...parameters: string[]) {
    return this.feed('', variables, file, ...parameters);
  }

  /** Runs one of its commands to the end, with this on its standard input and these settings only. */
  async feed(input: string, variables: Record<string, string>, file: string, ...parameters: string[]) {
    const child = spawn(process.execPath, [join(this.folder, file), ...parameters], {
      cwd: this.folder,
      env: variables,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const ended = once(child, 'close');
    // A command that reads nothing may be gone by now.
    child.stdin.on('error', () => {}).end(input);
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    await ended;
    return { code: child.exitCode, stdout, stderr };
  }

  /** Kills what still runs. */
  async remove(): Promise<void> {
    await Promise.all(this.runs.map((run) => run.kill()));
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A process of the program. */
export class Run {
  /** Where it listens; nothing when it has ended instead. */
  readonly listening: Promise<string | undefined>;
  /** What it wrote. */
  output = '';
  private readonly ended: Promise<unknown>;

  constructor(private readonly child: ChildProcess) {
    this.ended = once(child, 'close');
    this.listening = new Promise((resolve) => {
      for (const stream of [child.stdout!, child.stderr!]) {
        createInterface({ input: stream }).on('line', (line) => {
          this.output += `${line}\n`;
          const url = /listens on (http:\/\/[\w.:[\]]+)/.exec(line)?.[1];
          if (url !== undefined) resolve(url);
        });
      }
      child.once('close', () => {
        resolve(undefined);
      });
    });
  }

  get exitCode(): number | null {
    return this.child.exitCode;
  }

  /** Ends it at once, without a chance to clean up. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
