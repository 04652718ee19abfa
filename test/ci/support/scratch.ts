import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';

const run = promisify(execFile);

/** What npm gives to scripts says where the product is; a project elsewhere must not see it. */
function foreignEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) =>
      !/^npm_(?:package|lifecycle|config_(?:local_prefix|workspace))|^INIT_CWD$|^NODE_OPTIONS$|^JEST_/i.test(
        name,
      ),
  );
  return Object.fromEntries(entries);
}

/** A project outside of the repository. */
export class ScratchProject {
  private constructor(readonly folder: string) {}

  static async create(manifest: object): Promise<ScratchProject> {
    const folder = await mkdtemp(join(tmpdir(), 'scratch-'));
    const scratch = new ScratchProject(folder);
    await scratch.write('package.json', JSON.stringify({ name: 'scratch', private: true, ...manifest }));
    return scratch;
  }

  write(file: string, text: string): Promise<void> {
    return writeFile(join(this.folder, file), text);
  }

  /**
   * Runs a command in the project.
   *
   * @returns what it wrote
   * @throws Error with what it wrote
   */
  async run(command: string, ...parameters: string[]): Promise<string> {
    const options = { cwd: this.folder, env: foreignEnvironment(), maxBuffer: 64 * 1024 * 1024 };
    const { stdout, stderr } = await run(command, parameters, options).catch(
      (error: Error & { stdout?: string; stderr?: string }) => {
        throw new Error(`${command} ${parameters.join(' ')}\n${error.stdout}\n${error.stderr}`, {
          cause: error,
        });
      },
    );
    // What runners say is read, which the colours of some of them would break up.
    return stripVTControlCharacters(stdout + stderr);
  }

  /** Installs packages, from npm's cache where they are in it. */
  install(...packages: string[]): Promise<string> {
    const quietly = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'];
    return this.run('npm', 'install', ...quietly, ...packages);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
