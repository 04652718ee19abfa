import { Logger } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { isIP } from 'node:net';
import { addressList, bareAddress, holds } from '../net/addresses.js';

const logger = new Logger('ClientAddress');
let hasWarned = false;

/**
 * Which addresses in X-Forwarded-For are those of our own proxies.
 *
 * @param proxies addresses and networks, as in TRUST_PROXY
 */
export function trustedProxies(proxies: readonly string[] | false): false | ((address: string) => boolean) {
  if (proxies === false) return false;
  const trusted = addressList(proxies);
  return (address) => holds(trusted, bareAddress(address));
}

/**
 * The address of a client: what a trusted proxy says (X-Forwarded-For), without a port, else the peer's. Proxies pass on
 * whatever they were sent there, so what is no address is not taken for one; that is warned of once, for then many clients
 * count as one.
 */
export function clientAddress({ ip, raw }: Pick<FastifyRequest, 'ip' | 'raw'>): string {
  const address = bareAddress(ip ?? '');
  if (isIP(address) !== 0) return address;
  if (!hasWarned)
    logger.warn('X-Forwarded-For holds what is no address: clients count under the address of the proxy');
  hasWarned = true;
  return raw.socket.remoteAddress ?? '';
}
