import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './api-process.js';

const execute = promisify(execFile);
const START_LIMIT_MS = 30_000;

/** Where Debian puts the programs of PostgreSQL; the newest version that is there. */
function postgresPrograms(): string {
  const root = '/usr/lib/postgresql';
  const [newest] = readdirSync(root).toSorted((one, other) => Number(other) - Number(one));
  return join(root, newest!, 'bin');
}

/** A server of a test's own, on a free port, in a folder that is removed with it. */
export abstract class OwnServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'expenses-server-'));
  protected child?: ChildProcess;

  protected constructor(readonly port: number) {}

  protected abstract command(): [string, string[]];
  /** As whom it runs, when the tests run as root. */
  protected user: { uid?: number; gid?: number } = {};

  /** Starts it, again if it was killed, and waits until it takes connections. */
  async start(): Promise<void> {
    const [program, parameters] = this.command();
    this.child = spawn(program, parameters, { ...this.user, cwd: this.folder, stdio: 'ignore' });
    const deadline = Date.now() + START_LIMIT_MS;
    while (!(await this.listens())) {
      if (this.child.exitCode !== null || Date.now() > deadline) throw new Error(`${program} did not start`);
      await delay(50);
    }
  }

  /** Ends it as a power cut would. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** Makes it hang: connections stay open and are not answered. */
  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  async remove(): Promise<void> {
    await this.kill('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async listens(): Promise<boolean> {
    const socket = connect({ port: this.port, host: '127.0.0.1' });
    const result = await Promise.race([
      once(socket, 'connect').then(() => true),
      delay(1000).then(() => false),
    ]).catch(() => false);
    socket.destroy();
    return result;
  }
}

/** A PostgreSQL cluster. It must not run as root, so under root it runs as the user `postgres`. */
export class OwnPostgres extends OwnServer {
  static async create(): Promise<OwnPostgres> {
    const server = new OwnPostgres(await freePort());
    if (process.getuid?.() === 0) {
      const idOf = async (flag: string) => Number((await execute('id', [flag, 'postgres'])).stdout);
      server.user = { uid: await idOf('-u'), gid: await idOf('-g') };
      chownSync(server.folder, server.user.uid!, server.user.gid!);
    }
    const parameters = ['-D', server.data, '-U', 'postgres', '--auth=trust', '--no-sync'];
    await execute(join(postgresPrograms(), 'initdb'), parameters, { ...server.user, cwd: server.folder });
    await server.start();
    return server;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  private get data(): string {
    return join(this.folder, 'data');
  }

  protected command(): [string, string[]] {
    const parameters = ['-D', this.data, '-p', String(this.port), '-k', this.folder, '-h', '127.0.0.1'];
    return [join(postgresPrograms(), 'postgres'), parameters];
  }

  /** SIGQUIT ends all its processes at once, without a checkpoint; SIGKILL would leave its children. */
  override kill(signal: NodeJS.Signals = 'SIGQUIT'): Promise<void> {
    return super.kill(signal === 'SIGTERM' ? 'SIGINT' : signal);
  }
}

/** A Redis server that keeps nothing. */
export class OwnRedis extends OwnServer {
  static async create(): Promise<OwnRedis> {
    const server = new OwnRedis(await freePort());
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  protected command(): [string, string[]] {
    return ['redis-server', ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '']];
  }
}

/** An nginx in front of upstream ports, made from the example in `deploy/`. */
export class OwnNginx extends OwnServer {
  static async create(configuration: (folder: string, port: number) => string): Promise<OwnNginx> {
    const server = new OwnNginx(await freePort());
    server.configuration = configuration(server.folder, server.port);
    await server.start();
    return server;
  }

  static get isThere(): boolean {
    const there = existsSync('/usr/sbin/nginx');
    if (!there && process.env.CI === 'true') throw new Error('There is no nginx');
    return there;
  }

  private configuration = '';

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  protected command(): [string, string[]] {
    return ['/usr/sbin/nginx', ['-p', this.folder, '-e', 'error.log', '-c', this.configuration]];
  }
}
