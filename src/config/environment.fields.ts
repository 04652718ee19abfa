import { z } from 'zod';
import { algorithmNamed } from '../auth/index.js';
import { isAddressOrNetwork, namesHost } from '../net/addresses.js';
import { readSecret } from './variables.js';

/** An http(s) origin without path: scheme, host and port. */
export const originUrl = z
  .string()
  .refine(
    (value) =>
      /^https?:$/.test(URL.parse(value)?.protocol ?? '') &&
      URL.parse(value)?.origin === value.replace(/\/$/, '') &&
      namesHost(value),
    'must be an origin such as https://app.example.com, each in full: there is no pattern',
  )
  .transform((value) => value.replace(/\/$/, ''));

/** Where clients reach the API: an http(s) URL, whose path is what a proxy takes off before it passes requests on. */
export const baseUrl = z
  .string()
  .refine((value) => {
    const url = URL.parse(value);
    if (!url || !/^https?:$/.test(url.protocol) || !namesHost(value)) return false;
    const parts = url.pathname.split('/').filter((part) => part !== '');
    return !url.username && !url.password && !/[?#]/.test(value) && parts.length <= 3;
  }, 'must be a URL such as https://api.example.com or https://example.com/expenses-api, with at most three parts of a path')
  .transform((value) => new URL(value).href.replace(/\/+$/, ''));

/**
 * Whether a URL with a password says what its writer meant: a `#`, `@`, `/`, `?` or `%` that is not percent-encoded ends
 * the password early, and what comes after is taken for a host, a path or nothing at all. No message repeats it.
 */
function hasEncodedCredentials(url: string): boolean {
  const parts = /^\w+:\/\/(?:([^@/?#\s]*)@)?([^@/?#\s]*)([/?][^@#\s]*)?$/.exec(url);
  if (!parts) return false;
  const [, credentials = '', host = '', rest = ''] = parts;
  const isHost = /^(\[[^\]]*\]|[^:]*)(:\d{1,5})?$/.test(host);
  return isHost && /^([^%]|%[\da-f]{2})*$/i.test(credentials) && (host !== '' || rest !== '');
}

const ENCODED = 'write # as %23, @ as %40, / as %2F, ? as %3F and % as %25 in user and password';

/** The parameters of a PostgreSQL URL that speak of encryption, and what they may say. */
const TLS_PARAMETERS = new Map([
  ['ssl', /^(true|false|1|0)$/],
  ['sslmode', /^(disable|allow|prefer|require|verify-ca|verify-full|no-verify)$/],
  ['sslnegotiation', /^(postgres|direct)$/],
  ['sslrootcert', /./],
  ['sslcert', /./],
  ['sslkey', /./],
]);

/** Whether all that a URL says of encryption is understood: the driver would pass over `sslMode=require`, and encrypt nothing. */
function hasKnownTls(value: string): boolean {
  const said = [...(URL.parse(value)?.searchParams ?? [])].filter(([name]) => /ssl|tls/i.test(name));
  return said.every(([name, text]) => TLS_PARAMETERS.get(name)?.test(text));
}

/** A PostgreSQL server, or the folder of an embedded database. */
export const databaseUrl = z
  .string()
  .regex(/^(postgres(ql)?:\/\/.+|pglite:.+)$/, {
    message: 'must be postgres://user:password@host:5432/database or pglite:<folder>',
    abort: true,
  })
  .refine(
    (value) => value.startsWith('pglite:') || hasEncodedCredentials(value),
    `must be postgres://user:password@host:5432/database; ${ENCODED}`,
  )
  .refine(
    (value) => value.startsWith('pglite:') || hasKnownTls(value),
    'must say how to encrypt by sslmode=verify-full, require, prefer or disable, spelled like that; files are named by sslrootcert, sslcert and sslkey',
  );

/** A Redis server. */
export const redisUrl = z
  .string()
  .regex(/^rediss?:\/\/.+$/, { message: 'must be redis://... or rediss://...', abort: true })
  .refine(hasEncodedCredentials, { message: `must be redis://:password@host:6379; ${ENCODED}`, abort: true })
  // The client would ask for the database NaN, and its refusal ends the process.
  .refine((value) => {
    const url = URL.parse(value);
    return /^\d*$/.test(url?.pathname.slice(1) || (url?.searchParams.get('db') ?? ''));
  }, 'must end with the number of a database, as in redis://:password@host:6379/0, or without any');

/** The base URL of a service that is spoken to by HTTP. `collector:4318` is a URL, too, of the scheme `collector`. */
export function httpUrl(message: string) {
  return z.string().refine((value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ''), message);
}

/** The path of a file that can be read now, and is read again later. */
export const readableFile = z.string().refine((path) => {
  try {
    readSecret(path);
    return true;
  } catch {
    return false;
  }
}, 'must name a file that can be read');

/** `a, b` as `['a', 'b']`. */
export const commaList = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

/** A whole number in a range. */
export function wholeNumber({ min, max }: { min: number; max: number }) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string(message)
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
}

/**
 * Which proxies may set X-Forwarded-* headers: `false`, or a list of their addresses and networks.
 * There is no `true` and no number of hops: either would let a client that gets past the proxy choose its own address.
 */
export const trustProxy = z.string().transform((value, context) => {
  if (value === 'false') return false;
  const items = value.split(',').map((item) => item.trim());
  if (items.every(isAddressOrNetwork)) return items;
  context.addIssue('must be false or a list of the addresses of your proxies, as in 10.0.0.0/8');
  return z.NEVER;
});

/** What DPoP proofs may be signed with (RFC 9449, 4.2). */
export const proofAlgorithms = commaList.transform((names, context) => {
  const algorithms = names.map(algorithmNamed).filter((algorithm) => algorithm !== undefined);
  if (names.length > 0 && algorithms.length === names.length) return [...new Set(algorithms)];
  context.addIssue('must be a list of asymmetric algorithms, as in ES256,EdDSA,PS256,RS256');
  return z.NEVER;
});
