import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Ends TLS, and hands requests on to a program by its own name, as proxies do by default. */
export class TlsProxy {
  private target: URL | undefined;

  private constructor(
    private readonly server: Server,
    private readonly host: string,
  ) {}

  /** @param host a name that browsers take for this machine, such as `app.localhost` */
  static async start(host: string): Promise<TlsProxy> {
    const server = createServer(certificateFor(host), (incoming, answer) => {
      const { target } = proxy;
      if (!target) {
        answer.writeHead(502).end();
        return;
      }
      const headers = { ...incoming.headers, host: target.host };
      const onward = request(new URL(incoming.url ?? '/', target), { method: incoming.method, headers });
      onward.on('response', (response) => {
        answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
        response.pipe(answer);
      });
      onward.on('error', () => answer.destroy());
      incoming.pipe(onward);
    });
    const proxy = new TlsProxy(server, host);
    server.listen(0, 'localhost');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `https://${this.host}:${(this.server.address() as AddressInfo).port}`;
  }

  leadTo(address: string): void {
    this.target = new URL(address);
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}

/** A certificate that nobody else trusts, for a day. */
function certificateFor(host: string): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  try {
    const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
    const files = ['-keyout', key, '-out', cert];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...subject, ...files],
      {
        stdio: 'pipe',
      },
    );
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
