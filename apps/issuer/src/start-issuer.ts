import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DatabaseSync } from 'node:sqlite';
import { BackchannelLogout } from './backchannel-logout.js';
import { answerClientError } from './client-errors.js';
import { redirectOrigins } from './clients.js';
import { openDatabase } from './database.js';
import { jsonToForm } from './json-bodies.js';
import { LoginThrottle } from './pages/login-throttle.js';
import { pages } from './pages/pages.js';
import { securityHeaders } from './pages/security-headers.js';
import { createProvider } from './provider.js';
import { SigningKeys } from './signing-keys.js';
import { parseTenant, readTenant, TENANT_FILE } from './tenant.js';
import type { Tenant } from './tenant.schema.js';

/** How to start an issuer. */
export interface IssuerOptions {
  /** Default 3002; 0 takes a free one. */
  port?: number;
  /** The interface to listen on. Default localhost. */
  host?: string;
  /** Default: tenant.json of this package. */
  tenant?: Tenant;
  /** Where grants, sessions and keys are kept. Absent: nothing is kept, keys are made fresh. */
  dataFolder?: string;
  /** Asks for a nonce of ours in every DPoP proof (RFC 9449, 8). */
  requireDpopNonce?: boolean;
}

/** An issuer that answers. */
export interface RunningIssuer {
  /** The `iss` of its tokens, with the slash at the end. */
  issuer: string;
  /** Signs with a new key from now on; the old one stays in the JWKS for the overlap. */
  rotateKeys(): Promise<void>;
  /** Stops at once: connections that are open are cut. */
  close(): Promise<void>;
}

/**
 * Starts the issuer.
 *
 * @throws TenantError when the tenant is faulty, Error when the port is taken
 */
export async function startIssuer(options: IssuerOptions = {}): Promise<RunningIssuer> {
  const tenant = options.tenant ? parseTenant(options.tenant) : readTenant(TENANT_FILE);
  const database = openDatabase(options.dataFolder);
  // Longer than clients keep an idle connection, or they would at times send into one that is being closed.
  const server = createServer({ keepAliveTimeout: 65_000 });
  try {
    const keys = new SigningKeys(database);
    await keys.ensure(['RS256', ...tenant.apis.map(({ signingAlgorithm }) => signingAlgorithm)]);
    const issuer = await listen(server, options.port ?? 3002, options.host ?? 'localhost');
    const secret = keptSecret(database);
    const throttle = new LoginThrottle();

    const listener = (): RequestListener => {
      const provider = createProvider({
        issuer,
        tenant,
        database,
        keys: keys.current(),
        cookieSecret: secret,
        requireDpopNonce: options.requireDpopNonce ?? false,
      });
      const backchannel = new BackchannelLogout(issuer, tenant, () => keys.current());
      provider.use(securityHeaders(redirectOrigins(tenant)));
      provider.use(pages(provider, { tenant, database, secret, throttle, backchannel }));
      provider.on('server_error', (_ctx, error) => process.stderr.write(`${error.stack ?? error.message}\n`));
      return provider.callback();
    };
    server.on('clientError', answerClientError);
    server.on('request', withCurrentKeys(keys, new URL(issuer).host, listener));

    return {
      issuer,
      rotateKeys: async () => void (await keys.rotate()),
      close: async () => {
        await new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        });
        database.close();
      },
    };
  } catch (error) {
    server.close();
    database.close();
    throw error;
  }
}

/** oidc-provider has its keys for life: when they have changed, by us or by another process, a new one takes over. */
function withCurrentKeys(keys: SigningKeys, host: string, listener: () => RequestListener): RequestListener {
  let served = '';
  let serve: RequestListener;
  return (req, res) => {
    // The addresses in discovery and redirects are the issuer's, whatever name the client called it by.
    req.headers.host = host;
    const current = keys
      .current()
      .map((key) => key.kid)
      .join();
    if (current !== served) {
      serve = listener();
      served = current;
    }
    void jsonToForm(req).then(
      (request) => serve(request, res),
      () => res.destroy(),
    );
  };
}

async function listen(server: Server, port: number, host: string): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new PortTakenError(port) : error),
    );
    server.listen(port, host, resolve);
  });
  return `http://localhost:${(server.address() as AddressInfo).port}/`;
}

/** Another program listens on the port. */
export class PortTakenError extends Error {
  constructor(port: number) {
    super(
      `Port ${port} is taken by another program. Stop that program, or set PORT to a free port and ISSUER_BASE_URL ` +
        'of the API and the web application to match.',
    );
    this.name = 'PortTakenError';
  }
}

/** Signs cookies and forms; kept, so that sessions survive a restart. */
function keptSecret(database: DatabaseSync): string {
  database
    .prepare("INSERT OR IGNORE INTO secret (name, value) VALUES ('cookies', ?)")
    .run(randomBytes(32).toString('base64url'));
  return String(database.prepare("SELECT value FROM secret WHERE name = 'cookies'").get()?.['value']);
}
