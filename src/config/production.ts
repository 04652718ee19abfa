import { getHeapStatistics } from 'node:v8';
import { isLoopback } from '../net/addresses.js';
import type { Environment } from './environment.js';

/** What a remembered token takes, of the size of Auth0's, in bytes. */
const TOKEN_BYTES = 2000;

/**
 * What is allowed, because there are networks in which it is right, and is wrong in most production systems.
 *
 * @param heapLimit most that Node's heap may grow to, in bytes
 * @returns one sentence each, beginning with the setting's name; none outside production. None repeats a value
 */
export function productionWarnings(
  environment: Environment,
  heapLimit = getHeapStatistics().heap_size_limit,
): string[] {
  const { NODE_ENV, BASE_URL, DATABASE_URL, REDIS_URL, VERIFIED_TOKENS } = environment;
  if (NODE_ENV !== 'production') return [];
  return [
    DATABASE_URL.startsWith('pglite:') &&
      'DATABASE_URL names the embedded database: one process on one machine, and a power cut may lose what it wrote last',
    isPlain(BASE_URL, 'http:') &&
      'BASE_URL is http: tokens that clients send to it can be read on the way; use https',
    DATABASE_URL.startsWith('postgres') &&
      isElsewhere(DATABASE_URL) &&
      !/[?&]sslmode=(?!disable(&|$))/.test(DATABASE_URL) &&
      'DATABASE_URL reaches another machine without TLS; add sslmode=verify-full, unless the network between them is yours alone',
    REDIS_URL !== undefined &&
      isPlain(REDIS_URL, 'redis:') &&
      'REDIS_URL reaches another machine without TLS; use rediss://, unless the network between them is yours alone',
    VERIFIED_TOKENS * TOKEN_BYTES > heapLimit / 2 &&
      "VERIFIED_TOKENS is more than Node's heap has room for, at about 2 kB each; raise --max-old-space-size",
  ].filter((warning) => warning !== false);
}

function isPlain(url: string, protocol: string): boolean {
  return url.startsWith(protocol) && isElsewhere(url);
}

/** Whether a URL leads away from this machine; a socket does not. */
function isElsewhere(url: string): boolean {
  const { hostname, searchParams } = URL.parse(url) ?? {};
  const host = searchParams?.get('host') ?? hostname ?? '';
  return host !== '' && !host.startsWith('/') && !isLoopback(host);
}
