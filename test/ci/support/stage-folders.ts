import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Stage } from './dockerfile.js';

const execute = promisify(execFile);

export const ROOT = resolve(import.meta.dirname, '..', '..', '..');
/** The user `node` of the image. */
export const NODE_USER = 1000;
/** Where programs are, with the Node that the image has before that of this machine. */
export const PATH = [join(ROOT, 'node_modules', 'node', 'bin'), process.env.PATH].join(delimiter);

/** What a command needs of this machine to reach the registry, without what `npm run` said of this project. */
export const machine = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_(?!config_registry)|INIT_CWD|NODE_ENV)/.test(name)),
);

/** Executes stages of a Dockerfile, command by command, each in a folder of its own. */
export class StageFolders {
  private constructor(private readonly scratch: string) {}

  static async create(): Promise<StageFolders> {
    const scratch = mkdtempSync(join(tmpdir(), 'expenses-image-'));
    await chmod(scratch, 0o755);
    return new StageFolders(scratch);
  }

  /** Where a path of a stage's file system is on this machine. */
  place(stage: string, path: string): string {
    return join(this.scratch, stage, path.startsWith('/') ? path : join('app', path));
  }

  /** @returns the environment that the stage gives its programs */
  async build(stage: Stage): Promise<Record<string, string>> {
    const cwd = this.place(stage.name, '.');
    const environment: Record<string, string> = {};
    mkdirSync(cwd, { recursive: true });
    for (const { name, text } of stage.instructions) {
      if (name === 'COPY') this.copy(stage, text);
      if (name === 'RUN') {
        // This machine need not have a user of that name.
        const command = text.replaceAll('node:node', `${NODE_USER}:${NODE_USER}`);
        await execute('sh', ['-c', command], { cwd, env: { ...machine, PATH } });
      }
      if (name === 'ENV') {
        const [key, value] = text.split('=') as [string, string];
        environment[key] = value;
      }
    }
    return environment;
  }

  remove(): void {
    rmSync(this.scratch, { recursive: true, force: true });
  }

  private copy(stage: Stage, text: string): void {
    const [, from, list] = /^(?:--from=(\S+) )?(.+)$/.exec(text)!;
    const paths = list!.split(' ');
    const target = paths.pop()!;
    for (const path of paths) {
      const source = from ? this.place(from, path) : join(ROOT, path);
      const destination = this.place(stage.name, target);
      const into = target.endsWith('/') ? join(destination, path) : destination;
      cpSync(source, into, {
        recursive: true,
        verbatimSymlinks: true,
        filter: (file) => from !== undefined || !isIgnored(relative(ROOT, file)),
      });
    }
  }
}

const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n').filter(Boolean);

/** As far as our .dockerignore goes: names at the root, or anywhere. */
function isIgnored(path: string): boolean {
  return ignored.some((pattern) =>
    pattern.startsWith('**/') ? basename(path) === pattern.slice(3) : path === pattern,
  );
}
