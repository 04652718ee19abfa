import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { trustedProxies } from './client-address.js';

/** A byte sequence of RFC 8941, 3.3.5, as RFC 9440, 2.1 writes a certificate. */
const BYTE_SEQUENCE = /^:([A-Za-z0-9+/]+={0,2}):$/;

/** A certificate as nginx can hand it on (`$ssl_client_escaped_cert`): PEM (RFC 7468, 5), with escapes as in a URL. */
const ESCAPED_PEM =
  /^-----BEGIN%20CERTIFICATE-----%0A((?:[A-Za-z0-9+/=]|%2B|%2F|%3D|%0A)+)-----END%20CERTIFICATE-----(?:%0A)?$/;

/**
 * Reads the TLS client certificate that a proxy of ours puts into `Client-Cert` (RFC 9440). What anybody else writes there
 * is worth nothing, so it is not read.
 *
 * nginx cannot write what RFC 9440 wants, so its escaped PEM is taken in the same header.
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
    const encoded = base64In(String(headers['client-cert']));
    if (encoded === undefined) return undefined;
    return createHash('sha256').update(Buffer.from(encoded, 'base64')).digest('base64url');
  };
}

/** The base64 of a certificate. Several headers of the name are joined by Node, and are no certificate any more. */
function base64In(header: string): string | undefined {
  const [, bytes] = BYTE_SEQUENCE.exec(header) ?? [];
  const [, escaped] = ESCAPED_PEM.exec(header) ?? [];
  return bytes ?? (escaped && decodeURIComponent(escaped));
}
