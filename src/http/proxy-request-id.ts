import type { FastifyRequest } from 'fastify';
import { isIP } from 'node:net';

/** Where balancers and content networks put their own name for a request (AWS, Cloudflare, Google, Azure). */
const HEADERS = ['x-amzn-trace-id', 'cf-ray', 'x-cloud-trace-context', 'x-azure-ref', 'x-request-id'];
/** What such names are made of; too short for a token. */
const WELL_FORMED = /^[\w=;:.,+/ -]{8,128}$/;

/**
 * The name that a trusted proxy has given a request, where it is not the request's id itself: it joins our lines with those
 * of the proxy. None without TRUST_PROXY, for then anybody could have written it.
 */
export function proxyRequestId({ id, ips, headers }: FastifyRequest): string | undefined {
  // More than the peer is told of only by a trusted proxy.
  if (ips === undefined || ips.length < 2 || isIP(ips[0] ?? '') === 0) return undefined;
  for (const name of HEADERS) {
    const value = headers[name];
    if (typeof value === 'string' && value !== id && WELL_FORMED.test(value)) return value;
  }
  return undefined;
}
