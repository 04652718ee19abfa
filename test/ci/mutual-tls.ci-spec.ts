import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestIssuer, type TestIssuer } from '../../src/testing/index.js';
import { ApiProcess } from './support/api-process.js';
import { PrivateAuthority } from './support/private-authority.js';
import { OwnNginx } from './support/servers.js';

/** A self-signed certificate of a client, and its key. */
class ClientCertificate {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** As it stands in `cnf` of a token (RFC 8705, 3.1). */
  readonly thumbprint: string;

  constructor(name: string) {
    const folder = mkdtempSync(join(tmpdir(), 'expenses-client-'));
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const files = ['-keyout', 'key.pem', '-out', 'cert.pem'];
    execFileSync('openssl', ['req', '-x509', ...key, '-subj', `/CN=${name}`, ...files], {
      cwd: folder,
      stdio: 'ignore',
    });
    this.cert = readFileSync(join(folder, 'cert.pem'));
    this.key = readFileSync(join(folder, 'key.pem'));
    rmSync(folder, { recursive: true });
    const { fingerprint256 } = new X509Certificate(this.cert);
    this.thumbprint = Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
  }

  /** As RFC 9440, 2.1 writes it. */
  get header(): string {
    return `:${new X509Certificate(this.cert).raw.toString('base64')}:`;
  }
}

/** The example for operators, with TLS, the ports of this test and the line that asks clients for a certificate. */
function configure(example: string, port: number, upstream: number, authority: PrivateAuthority): string {
  return example
    .replace('listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`)
    .replace('/etc/ssl/certs/api.example.com.pem', authority.serverCertificateFile)
    .replace('/etc/ssl/private/api.example.com.key', authority.serverKeyFile)
    .replace('#ssl_verify_client', 'ssl_verify_client')
    .replace('127.0.0.1:3001', `127.0.0.1:${upstream}`)
    .replaceAll(/^.*127\.0\.0\.1:3011.*\n/gm, '');
}

(OwnNginx.isThere ? describe : describe.skip)(
  'a token that is bound to a TLS client certificate, behind nginx (skipped without nginx)',
  () => {
    const authority = new PrivateAuthority();
    const [own, another] = [new ClientCertificate('own'), new ClientCertificate('another')];
    let issuer: TestIssuer | undefined;
    let api: ApiProcess | undefined;
    let nginx: OwnNginx | undefined;

    beforeAll(async () => {
      issuer = await startTestIssuer();
    });
    afterEach(async () => {
      await nginx?.remove();
      await api?.kill();
    });
    afterAll(async () => {
      await issuer?.close();
      authority.remove();
    });

    async function start(variables: Record<string, string>): Promise<void> {
      api = await ApiProcess.start(issuer!, variables);
      nginx = await OwnNginx.create((example, port) => configure(example, port, api!.port, authority));
    }

    /** The status of a request with the token that is bound to `own`. */
    async function send(certificate?: ClientCertificate, headers: Record<string, string> = {}) {
      const token = issuer!.tokenFor({
        scopes: ['read:reports'],
        cnf: { 'x5t#S256': own.thumbprint },
      });
      const request = httpsRequest({
        host: '127.0.0.1',
        servername: 'localhost',
        port: nginx!.port,
        path: '/currencies',
        agent: false,
        ca: readFileSync(authority.certificateFile),
        cert: certificate?.cert,
        key: certificate?.key,
        headers: { authorization: `Bearer ${token}`, ...headers },
      }).end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.resume();
      return response.statusCode;
    }

    const reasons = () =>
      api!.output
        .split('\n')
        .filter((line) => line.includes('"type":"audit"'))
        .map((line) => (JSON.parse(line) as { reason?: string }).reason);

    it('is good with that certificate only, and what a client writes itself is not believed', async () => {
      await start({ TRUST_PROXY: '127.0.0.1' });
      expect(await send(own)).toBe(200);
      expect(await send(another)).toBe(401);
      expect(await send()).toBe(401);
      expect(await send(undefined, { 'client-cert': own.header })).toBe(401);
      expect(await send(another, { 'client-cert': own.header })).toBe(401);
      expect(await send(own, { 'client-cert': another.header })).toBe(200);
      await api!.logged('missing_certificate');
      await api!.logged('wrong_certificate');
    });

    it('is refused where nginx is not trusted, for a reason that audit names', async () => {
      await start({});
      expect(await send(own)).toBe(401);
      await api!.logged('unverifiable_binding');
      expect(reasons()).toEqual(['unverifiable_binding']);
    });
  },
);
