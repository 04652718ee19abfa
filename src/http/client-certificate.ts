import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { trustedProxies } from './client-address.js';

/** A byte sequence of RFC 8941, 3.3.5, as RFC 9440, 2.1 writes a certificate. */
const BYTE_SEQUENCE = /^:([A-Za-z0-9+/]+={0,2}):$/;

/**
 * Reads the TLS client certificate that a proxy of ours puts into `Client-Cert` (RFC 9440). What anybody else writes there
 * is worth nothing, so it is not read.
 *
 * @param proxies addresses and networks, as in TRUST_PROXY
 * @returns what gives the SHA-256 of a request's certificate in base64url; nothing when no proxy is trusted
 */
export function clientCertificates(proxies: readonly string[] | false) {
  const isTrusted = trustedProxies(proxies);
  if (!isTrusted) return undefined;
  return (request: unknown): string | undefined => {
    const { headers, raw } = request as FastifyRequest;
    if (!isTrusted(raw.socket.remoteAddress ?? '')) return undefined;
    // Several headers of the name are joined by Node, and are no byte sequence any more.
    const [, encoded] = BYTE_SEQUENCE.exec(String(headers['client-cert'])) ?? [];
    if (encoded === undefined) return undefined;
    return createHash('sha256').update(Buffer.from(encoded, 'base64')).digest('base64url');
  };
}
