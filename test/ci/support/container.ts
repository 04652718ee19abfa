import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
export const ROOT = resolve(import.meta.dirname, '..', '..', '..');

/** What an image says of the programs that run in it. */
interface ImageConfig {
  readonly User: string;
  readonly Env: string[];
  readonly Cmd: string[];
  readonly WorkingDir: string;
  readonly Healthcheck?: { readonly Test: string[] };
}

async function buildah(...parameters: string[]): Promise<string> {
  const { stdout } = await execute('buildah', parameters, { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 }).catch(
    (error: Error & { stderr?: string }) => {
      throw new Error(`buildah ${parameters.join(' ')}\n${error.stderr?.slice(-4000)}`, { cause: error });
    },
  );
  return stdout.trim();
}

/** Whether images can be built here: it takes buildah, debootstrap and root. In CI it must. */
export async function canBuildImages(): Promise<boolean> {
  try {
    await Promise.all([execute('buildah', ['--version']), execute('debootstrap', ['--version'])]);
    return process.getuid?.() === 0;
  } catch (error) {
    if (process.env.CI === 'true') throw error;
    return false;
  }
}

/** An image of the Dockerfile, unpacked so that its programs can be run and its files read. */
export class Container {
  private constructor(
    private readonly id: string,
    /** Where its file system is on this machine. */
    readonly folder: string,
    readonly config: ImageConfig,
    /** Bytes of the image, and how many of them are those of its base. */
    readonly size: { readonly total: number; readonly base: number },
  ) {}

  /** Builds a target of the Dockerfile. The store of images keeps the layers, so that the next build is quicker. */
  static async build(target: string, context = ROOT): Promise<Container> {
    const base = (await execute(join(ROOT, '.ci', 'base-image'))).stdout.trim();
    const image = `localhost/expenses-ci-${target}`;
    const isolation = '--isolation chroot --network host --ulimit nofile=1024:1024'.split(' ');
    const options = `--format docker --layers --build-arg NODE_IMAGE=${base} --target ${target} --tag ${image}`;
    const file = ['--file', join(ROOT, 'Dockerfile')];
    await buildah('bud', ...isolation, ...options.split(' '), ...file, context);
    const { Docker } = JSON.parse(await buildah('inspect', '--type', 'image', image)) as {
      Docker: { config: ImageConfig };
    };
    const id = await buildah('from', image);
    const size = { total: await sizeOf(image), base: await sizeOf(base) };
    return new Container(id, await buildah('mount', id), Docker.config, size);
  }

  /**
   * Starts a program in the container as an engine would: by the user of the image, without capabilities or a way to get
   * some, on a file system that is read-only but for the given folders. It is in the network of this machine.
   *
   * @param writable folders that are disks in memory, with their mount options; `undefined`: everything may be written
   */
  run(
    command: readonly string[],
    variables: Readonly<Record<string, string>>,
    writable: Readonly<Record<string, string>> | undefined,
  ): ChildProcess {
    const mounts = Object.entries(writable ?? {}).map(
      ([path, options]) => `mount -t tmpfs -o ${options} tmpfs "$1${path}"`,
    );
    // Every program replaces the one before, so that a signal reaches the last.
    const script = [
      'set -e',
      'mount --make-rprivate /',
      'mount --bind "$1" "$1"',
      'mount -t proc proc "$1/proc"',
      'mount --rbind /dev "$1/dev"',
      'touch "$1/etc/hosts" && mount --bind /etc/hosts "$1/etc/hosts"',
      ...(writable ? ['mount -o remount,bind,ro "$1"', ...mounts] : []),
      'root=$1; shift',
      `exec chroot "$root" setpriv --reuid ${this.config.User} --regid ${this.config.User} --clear-groups \\
        --bounding-set -all --inh-caps -all --no-new-privs \\
        sh -c 'cd "$0" && exec "$@"' ${this.config.WorkingDir} "$@"`,
    ].join('\n');
    const image = Object.fromEntries(
      this.config.Env.map((line) => line.split(/=(.*)/s, 2) as [string, string]),
    );
    return spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', this.folder, ...command], {
      env: { ...image, HOME: '/home/node', ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async remove(): Promise<void> {
    await buildah('umount', this.id);
    await buildah('rm', this.id);
  }
}

async function sizeOf(image: string): Promise<number> {
  const [{ size }] = JSON.parse(await buildah('images', '--json', image)) as [{ size: string }];
  const [, number, unit] = /^([\d.]+) ([KMG]B)$/.exec(size) ?? [];
  return Number(number) * { KB: 1e3, MB: 1e6, GB: 1e9 }[unit as 'KB' | 'MB' | 'GB'];
}

/** What a program writes, and how it ends. */
export class Output {
  text = '';
  readonly ended: Promise<[number | null, NodeJS.Signals | null]>;

  constructor(child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
    this.ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  }
}
