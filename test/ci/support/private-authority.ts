import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate authority that only its own people know, with a certificate for `localhost` and `issuer.example.org`. */
export class PrivateAuthority {
  private readonly folder = mkdtempSync(join(tmpdir(), 'expenses-authority-'));
  /** Its own certificate, for those who are to trust it. */
  readonly certificateFile = this.file('authority.crt');

  constructor() {
    const openssl = (...parameters: string[]) =>
      execFileSync('openssl', parameters, { cwd: this.folder, stdio: 'ignore' });
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    openssl(
      'req',
      '-x509',
      ...key,
      '-subj',
      '/CN=Private authority',
      '-keyout',
      'authority.key',
      '-out',
      'authority.crt',
    );
    openssl(
      'req',
      '-x509',
      ...key,
      '-subj',
      '/CN=localhost',
      '-keyout',
      'server.key',
      '-out',
      'server.crt',
      '-CA',
      'authority.crt',
      '-CAkey',
      'authority.key',
      '-addext',
      'subjectAltName=DNS:localhost,DNS:issuer.example.org,IP:127.0.0.1',
      '-addext',
      'basicConstraints=critical,CA:FALSE',
    );
  }

  /** Files of the certificate for `localhost` and its key. */
  readonly serverCertificateFile = this.file('server.crt');
  readonly serverKeyFile = this.file('server.key');

  /** An https server that hands every request on to a server that speaks http on this machine. */
  httpsInFrontOf(url: string): Server {
    const keys = { key: readFileSync(this.serverKeyFile), cert: readFileSync(this.serverCertificateFile) };
    const handOn = async (path: string, response: ServerResponse) => {
      const answer = await fetch(new URL(path, url));
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
      response.end(Buffer.from(await answer.arrayBuffer()));
    };
    return createServer(keys, (request, response) => {
      handOn(request.url!, response).catch(() => response.destroy());
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private file(name: string): string {
    return join(this.folder, name);
  }
}
