import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';
import { ApiProcess } from './support/api-process.js';
import { Load } from './support/load.js';
import { createDatabase, type TestDatabase } from './support/postgres.js';
import { PrivateAuthority } from './support/private-authority.js';
import { OwnHaproxy, OwnPostgres } from './support/servers.js';

let issuer: TestIssuer;
let authority: PrivateAuthority;
let database: TestDatabase;
const apis: ApiProcess[] = [];

beforeAll(async () => {
  issuer = await startTestIssuer();
  authority = new PrivateAuthority();
  database = await createDatabase();
});
afterEach(() => Promise.all(apis.splice(0).map((api) => api.kill())));
afterAll(async () => {
  authority?.remove();
  await database?.drop();
  await issuer?.close();
});

async function start(variables: Record<string, string>): Promise<ApiProcess> {
  const api = await spawn(variables);
  await api.ready();
  return api;
}

async function spawn(variables: Record<string, string>, wrapper: string[] = []): Promise<ApiProcess> {
  const api = await ApiProcess.spawn(issuer, { DATABASE_URL: database.url, ...variables }, 'pipe', wrapper);
  apis.push(api);
  return api;
}

async function read({ url }: { readonly url: string }): Promise<number> {
  const headers = { authorization: `Bearer ${issuer.tokenFor({ scopes: ['read:reports'] })}` };
  const answer = await fetch(`${url}/`, { headers });
  await answer.arrayBuffer();
  return answer.status;
}

async function listen(server: Server | ReturnType<PrivateAuthority['httpsInFrontOf']>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

describe('an issuer whose certificate is of a private authority', () => {
  let https: ReturnType<PrivateAuthority['httpsInFrontOf']>;
  let port: number;
  beforeAll(async () => {
    https = authority.httpsInFrontOf(issuer.url);
    port = await listen(https);
  });
  afterAll(() => {
    https?.closeAllConnections();
    https?.close();
  });

  const settings = () => ({ ISSUER_BASE_URL: `https://localhost:${port}/`, ISSUER: issuer.url });

  it('is not believed, and the log names NODE_EXTRA_CA_CERTS', async () => {
    const api = await spawn(settings());
    await api.listening();
    await api.logged('NODE_EXTRA_CA_CERTS');
    expect(await read(api)).toBe(503);
  });

  it('is believed with NODE_EXTRA_CA_CERTS', async () => {
    const api = await start({ ...settings(), NODE_EXTRA_CA_CERTS: authority.certificateFile });
    expect(await read(api)).toBe(200);
  });

  it('is reached through an outbound proxy with NODE_USE_ENV_PROXY=1', async () => {
    const asked: string[] = [];
    // What a proxy of a company does: it alone knows the way to that host.
    const proxy = createServer().on('connect', ({ url }, client) => {
      asked.push(url!);
      const upstream = connect(port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        client.pipe(upstream).pipe(client);
      });
      for (const socket of [client, upstream]) socket.on('error', () => {});
    });
    try {
      const api = await start({
        ISSUER_BASE_URL: 'https://issuer.example.org/',
        ISSUER: issuer.url,
        NODE_EXTRA_CA_CERTS: authority.certificateFile,
        NODE_USE_ENV_PROXY: '1',
        HTTPS_PROXY: `http://127.0.0.1:${await listen(proxy)}`,
      });
      expect(await read(api)).toBe(200);
      expect(asked).toContain('issuer.example.org:443');
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });
});

/** A new database of a server, by the name in the certificate. */
const urlOf = async (server: OwnPostgres, parameters: string) =>
  `${(await createDatabase(server.url)).url.replace('127.0.0.1', 'localhost')}?${parameters}`;
const trusted = () => `sslrootcert=${authority.certificateFile}`;

describe('sslmode', () => {
  let plain: OwnPostgres;
  let encrypted: OwnPostgres;
  beforeAll(async () => {
    plain = await OwnPostgres.create();
    encrypted = await OwnPostgres.create();
    await encrypted.offerTls(authority.serverCertificateFile, authority.serverKeyFile);
  });
  afterAll(async () => {
    await plain?.remove();
    await encrypted?.remove();
  });

  it.each(['disable', 'no-verify', 'verify-full'])('%s reaches a server that offers TLS', async (mode) => {
    const api = await start({ DATABASE_URL: await urlOf(encrypted, `sslmode=${mode}&${trusted()}`) });
    expect(await read(api)).toBe(200);
    expect(api.output.includes('sslmode=no-verify: whoever answers')).toBe(mode === 'no-verify');
  });

  it.each(['allow', 'prefer', 'require'])(
    '%s is taken as verify-full, with one line that says so',
    async (mode) => {
      const api = await start({ DATABASE_URL: await urlOf(encrypted, `sslmode=${mode}&${trusted()}`) });
      expect(await read(api)).toBe(200);
      expect(api.output.split(`sslmode=${mode} is taken as verify-full`)).toHaveLength(2);
    },
  );

  it('verify-full takes the authority from NODE_EXTRA_CA_CERTS as well', async () => {
    const api = await start({
      DATABASE_URL: await urlOf(encrypted, 'sslmode=verify-full'),
      NODE_EXTRA_CA_CERTS: authority.certificateFile,
    });
    expect(await read(api)).toBe(200);
  });

  it.each([
    ['a server of an authority that nobody named', () => encrypted, 'verify-full'],
    ['a server that does not offer TLS', () => plain, 'require'],
  ])('a start with %s ends, and says why', async (_title, server, mode) => {
    const api = await spawn({ DATABASE_URL: await urlOf(server(), `sslmode=${mode}`) });
    expect(await api.ended()).toBe(1);
    expect(api.output).toMatch(/certificate|TLS|SSL/);
  });
});

const isRoot = process.getuid?.() === 0;
(isRoot ? describe : describe.skip)('a name server that takes 4.5 s (skipped unless root)', () => {
  it('delays the start, and what comes by and by is answered', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'expenses-names-'));
    const names = createSocket('udp4');
    let asked = 0;
    names.on('message', (query, { port, address }) => {
      asked += 1;
      setTimeout(() => names.send(answerTo(query), port, address), 4500);
    });
    names.bind(53, '127.0.0.53');
    await once(names, 'listening');
    try {
      writeFileSync(join(folder, 'resolv.conf'), 'nameserver 127.0.0.53\n');
      const withNames = `mount --bind ${folder}/resolv.conf /etc/resolv.conf && exec "$0" "$@"`;
      const startedAt = performance.now();
      const api = await spawn({ DATABASE_URL: database.url.replace('127.0.0.1', 'database.example.org') }, [
        'unshare',
        '--mount',
        'sh',
        '-c',
        withNames,
      ]);
      await api.ready();
      process.stdout.write(`slow name server: ready after ${Math.round(performance.now() - startedAt)} ms\n`);
      expect(asked).toBeGreaterThan(0);
      for (let count = 0; count < 10; count += 1) expect(await read(api)).toBe(200);
    } finally {
      await Promise.all(apis.splice(0).map((api) => api.kill()));
      names.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** The answer of a name server (RFC 1035, 4): this machine for every name, and no address of IPv6. */
function answerTo(query: Buffer): Buffer {
  const questionEnd = query.indexOf(0, 12) + 5;
  const isForA = query.readUInt16BE(questionEnd - 4) === 1;
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(isForA ? 1 : 0, 6);
  header.writeUInt32BE(0, 8);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
  return Buffer.concat([header, query.subarray(12, questionEnd), isForA ? record : Buffer.alloc(0)]);
}

(OwnHaproxy.isThere ? describe : describe.skip)('behind HAProxy', () => {
  it('one of two processes is stopped under load: it leaves by its readiness, and not one request fails', async () => {
    const variables = { TRUST_PROXY: '127.0.0.1', SHUTDOWN_GRACE: '3' };
    const [one, other] = [await start(variables), await start(variables)];
    const proxy = await OwnHaproxy.create((port) => [
      'frontend expenses',
      `  bind 127.0.0.1:${port}`,
      '  option forwardfor',
      '  default_backend processes',
      'backend processes',
      '  option httpchk GET /health/ready',
      '  default-server check inter 500ms fall 1 rise 1',
      `  server one 127.0.0.1:${one.port}`,
      `  server other 127.0.0.1:${other.port}`,
    ]);
    try {
      const token = issuer.tokenFor({ scopes: ['read:reports'] });
      const load = new Load({ url: () => `${proxy.url}/`, token: () => token });
      await delay(1500);
      const { code } = await one.stop();
      await delay(1000);
      await load.stop();
      expect(code).toBe(0);
      expect(load.counts).toEqual({ 200: load.samples.length });
      expect(load.samples.length).toBeGreaterThan(50);
    } finally {
      await proxy.remove();
    }
  });

  it('its plain check, OPTIONS / by HTTP/1.0, takes a process for one that is there', async () => {
    const api = await start({});
    const proxy = await OwnHaproxy.create((port) => [
      'listen expenses',
      `  bind 127.0.0.1:${port}`,
      '  option httpchk',
      '  default-server check inter 300ms',
      `  server one 127.0.0.1:${api.port}`,
    ]);
    try {
      await delay(1500);
      expect(await read(proxy)).toBe(200);
    } finally {
      await proxy.remove();
    }
  });
});
