import { z } from 'zod';
import { isAddressOrNetwork, isLoopback } from '../net/addresses.js';
import { readSecret } from './variables.js';

function parses(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}

/** An absolute https URL; http only for a loopback host, for what travels over it decides who gets in. */
export const secureUrl = z
  .string('must be a URL')
  .refine((value) => /^https?:\/\/\S+$/.test(value) && URL.canParse(value), {
    message: 'must be a URL such as https://tenant.example.com',
    abort: true,
  })
  .refine((value) => {
    const { protocol, hostname } = new URL(value);
    return protocol === 'https:' || isLoopback(hostname);
  }, 'must use https unless its host is this machine')
  .refine((value) => {
    const { username, password, hash, search } = new URL(value);
    return !username && !password && !hash && !search;
  }, 'must carry no user, query or fragment');

/** An http(s) origin without path: scheme, host and port. */
export const originUrl = z
  .string()
  .refine(
    (value) =>
      /^https?:$/.test(parses(value)?.protocol ?? '') && parses(value)?.origin === value.replace(/\/$/, ''),
    'must be an origin such as https://app.example.com',
  )
  .transform((value) => value.replace(/\/$/, ''));

/** Where clients reach the API: an http(s) URL, whose path is what a proxy takes off before it passes requests on. */
export const baseUrl = z
  .string()
  .refine((value) => {
    const url = parses(value);
    if (!url || !/^https?:$/.test(url.protocol)) return false;
    const parts = url.pathname.split('/').filter((part) => part !== '');
    return !url.username && !url.password && !/[?#]/.test(value) && parts.length <= 3;
  }, 'must be a URL such as https://api.example.com or https://example.com/expenses-api, with at most three parts of a path')
  .transform((value) => new URL(value).href.replace(/\/+$/, ''));

/** A PostgreSQL server, or the folder of an embedded database. */
export const databaseUrl = z
  .string()
  .regex(/^(postgres(ql)?:\/\/.+|pglite:.+)$/, 'must be postgres://... or pglite:<folder>');

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
