import { type ClientConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { readSecret } from '../config/variables.js';

/** How to reach a server, and as whom. */
export interface ConnectionSettings {
  /** `postgres://user:password@host:port/database?sslmode=...` */
  readonly url: string;
  /** Instead of the one in the URL. */
  readonly password?: string;
  /** A file with the password, read anew for every connection, so that a rotated one needs no restart. */
  readonly passwordFile?: string;
  /** What the server calls us in `pg_stat_activity`. */
  readonly applicationName: string;
}

/**
 * These modes are less in libpq; here, as in node-postgres, all of them check the server's certificate and name. Spelled
 * as what they are, node-postgres does not warn of it.
 */
const CHECKING_MODES = /([?&]sslmode=)(allow|prefer|require|verify-ca)(?=&|$)/;

/** What node-postgres needs to connect. */
export function clientConfig({
  url,
  password,
  passwordFile,
  applicationName,
}: ConnectionSettings): ClientConfig {
  const config = parseIntoClientConfig(url.replace(CHECKING_MODES, '$1verify-full'));
  return {
    ...config,
    ...(password !== undefined && { password }),
    ...(passwordFile !== undefined && { password: () => readSecret(passwordFile) }),
    application_name: applicationName,
    keepAlive: true,
  };
}

/** One sentence for operators when the URL's `sslmode` is not what it seems; nothing for the others. */
export function sslModeWarning(url: string): string | undefined {
  const mode = /[?&]sslmode=([\w-]+)/.exec(url)?.[1];
  if (mode === 'no-verify')
    return 'sslmode=no-verify: whoever answers is taken for the database; use verify-full';
  if (mode !== undefined && CHECKING_MODES.test(url)) {
    return `sslmode=${mode} is taken as verify-full: the certificate of the database and its name are checked`;
  }
  return undefined;
}
