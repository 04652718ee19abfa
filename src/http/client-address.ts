import type { FastifyRequest } from 'fastify';
import { isIP } from 'node:net';

/**
 * The address of a client: what a trusted proxy says (X-Forwarded-For), else the peer's. Proxies pass on whatever they
 * were sent there, so what is no address is not taken for one.
 */
export function clientAddress({ ip, raw }: Pick<FastifyRequest, 'ip' | 'raw'>): string {
  return isIP(ip) === 0 ? (raw.socket.remoteAddress ?? '') : ip;
}
