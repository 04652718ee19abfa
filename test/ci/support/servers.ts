import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../support/free-addresses.js';

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

  /** Where it takes connections. */
  get address() {
    return { host: '127.0.0.1', port: this.port };
  }

  protected abstract command(): [string, string[]];
  /** As whom it runs, when the tests run as root. */
  protected user: { uid?: number; gid?: number } = {};

  /** Starts it, again if it was killed, and waits until it is ready. */
  async start(): Promise<void> {
    const [program, parameters] = this.command();
    this.child = spawn(program, parameters, { ...this.user, cwd: this.folder, stdio: 'ignore' });
    const deadline = Date.now() + START_LIMIT_MS;
    while (!(await this.isReady())) {
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

  /** Whether it serves; that it takes connections, unless a kind of server knows better. */
  protected async isReady(): Promise<boolean> {
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

  /** It listens before it takes queries: after a crash it first recovers, a standby first catches up. */
  protected override async isReady(): Promise<boolean> {
    const parameters = ['-h', '127.0.0.1', '-p', String(this.port)];
    return spawnSync(join(postgresPrograms(), 'pg_isready'), parameters).status === 0;
  }

  /** Lets a role in with its password only. */
  async demandPasswords(role: string): Promise<void> {
    const file = join(this.data, 'pg_hba.conf');
    writeFileSync(file, `host all ${role} 127.0.0.1/32 scram-sha-256\n${readFileSync(file, 'utf8')}`);
    await execute(join(postgresPrograms(), 'pg_ctl'), ['reload', '-D', this.data], this.user);
  }

  /** Has it offer TLS; without, it speaks plainly only. */
  async offerTls(certificateFile: string, keyFile: string): Promise<void> {
    // It reads a key only that belongs to it alone.
    const key = join(this.data, 'server.key');
    copyFileSync(keyFile, key);
    copyFileSync(certificateFile, join(this.data, 'server.crt'));
    chmodSync(key, 0o600);
    if (this.user.uid !== undefined) chownSync(key, this.user.uid, this.user.gid!);
    appendFileSync(join(this.data, 'postgresql.conf'), 'ssl = on\n');
    await execute(join(postgresPrograms(), 'pg_ctl'), ['reload', '-D', this.data], this.user);
  }

  /** Freezes the server with the processes of its connections, as a machine that is out of memory does. */
  pauseAll(): void {
    this.signalAll('STOP');
  }

  resumeAll(): void {
    this.signalAll('CONT');
  }

  private signalAll(signal: string): void {
    const { pid } = this.child!;
    spawnSync('pkill', [`-${signal}`, '-P', String(pid)]);
    spawnSync('kill', [`-${signal}`, String(pid)]);
  }

  /** A standby of this server, which follows it and takes no writes. */
  async standby(): Promise<OwnPostgres> {
    const standby = new OwnPostgres(await freePort());
    standby.user = this.user;
    if (this.user.uid !== undefined) chownSync(standby.folder, this.user.uid, this.user.gid!);
    const parameters = [
      '-D',
      standby.data,
      '-h',
      '127.0.0.1',
      '-p',
      String(this.port),
      '-U',
      'postgres',
      '-R',
      '-c',
      'fast',
    ];
    await execute(join(postgresPrograms(), 'pg_basebackup'), parameters, {
      ...this.user,
      cwd: standby.folder,
    });
    await standby.start();
    return standby;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  private get data(): string {
    return join(this.folder, 'data');
  }

  protected command(): [string, string[]] {
    const parameters = ['-D', this.data, '-p', String(this.port), '-k', this.folder, '-h', '127.0.0.1'];
    // Its processes are killed, the machine is not: what they wrote is there without waiting for the disk, and the
    // recovery of a slow one is no part of any outage that is measured.
    parameters.push('-c', 'fsync=off');
    return [join(postgresPrograms(), 'postgres'), parameters];
  }

  /** SIGQUIT ends all its processes at once, without a checkpoint; SIGKILL would leave its children. */
  override kill(signal: NodeJS.Signals = 'SIGQUIT'): Promise<void> {
    return super.kill(signal === 'SIGTERM' ? 'SIGINT' : signal);
  }
}

/** Debian's PgBouncer in transaction mode, in front of all databases of a server. */
export class OwnPgbouncer extends OwnServer {
  static async create(serverPort: number): Promise<OwnPgbouncer> {
    const pooler = new OwnPgbouncer(await freePort());
    const settings = [
      '[databases]',
      `* = host=127.0.0.1 port=${serverPort} user=postgres`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${pooler.port}`,
      'unix_socket_dir =',
      'auth_type = any',
      'pool_mode = transaction',
      'default_pool_size = 4',
      'max_client_conn = 200',
    ];
    writeFileSync(join(pooler.folder, 'pgbouncer.ini'), `${settings.join('\n')}\n`);
    if (process.getuid?.() === 0) {
      const idOf = async (flag: string) => Number((await execute('id', [flag, 'postgres'])).stdout);
      pooler.user = { uid: await idOf('-u'), gid: await idOf('-g') };
      chownSync(pooler.folder, pooler.user.uid!, pooler.user.gid!);
    }
    await pooler.start();
    return pooler;
  }

  static get isThere(): boolean {
    const there = existsSync('/usr/sbin/pgbouncer');
    if (!there && process.env.CI === 'true') throw new Error('There is no pgbouncer');
    return there;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  protected command(): [string, string[]] {
    return ['/usr/sbin/pgbouncer', [join(this.folder, 'pgbouncer.ini')]];
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

const NGINX_EXAMPLE = resolve(import.meta.dirname, '..', '..', '..', 'deploy', 'nginx', 'expenses-api.conf');

/** An nginx in front of upstream ports, made from the example in `deploy/`. */
export class OwnNginx extends OwnServer {
  /** @param change puts the ports and files of a test into the example */
  static async create(change: (example: string, port: number) => string): Promise<OwnNginx> {
    const server = new OwnNginx(await freePort());
    const { folder } = server;
    const example = change(readFileSync(NGINX_EXAMPLE, 'utf8'), server.port);
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${folder}/${name};`)
      .join(' ');
    server.configuration = join(folder, 'nginx.conf');
    writeFileSync(
      server.configuration,
      `daemon off; pid nginx.pid; worker_processes 1;
      events { worker_connections 512; }
      http { access_log off; ${paths}\n${example} }`,
    );
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

/** Debian's HAProxy with a configuration of a test's own. */
export class OwnHaproxy extends OwnServer {
  /** @param configuration its sections after `defaults`, for the port it is to listen on */
  static async create(configuration: (port: number) => readonly string[]): Promise<OwnHaproxy> {
    const server = new OwnHaproxy(await freePort());
    const defaults = [
      'defaults',
      '  mode http',
      ...['connect 2s', 'client 20s', 'server 20s'].map((t) => `  timeout ${t}`),
    ];
    const lines = [...defaults, ...configuration(server.port)];
    writeFileSync(join(server.folder, 'haproxy.cfg'), `${lines.join('\n')}\n`);
    await server.start();
    return server;
  }

  static get isThere(): boolean {
    const there = existsSync('/usr/sbin/haproxy');
    if (!there && process.env.CI === 'true') throw new Error('There is no haproxy');
    return there;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  protected command(): [string, string[]] {
    return ['/usr/sbin/haproxy', ['-f', join(this.folder, 'haproxy.cfg'), '-db']];
  }
}
