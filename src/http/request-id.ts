import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { addressList, holds } from '../net/addresses.js';

/** What we take from a proxy: long enough for a UUID or a trace id, too short for a token. */
const WELL_FORMED = /^[A-Za-z0-9_.:-]{8,64}$/;

/**
 * Gives every request its id: the `x-request-id` of a trusted proxy, when it is well formed, else a new UUID. Who sent
 * it is judged by the connection itself, since any client can write X-Forwarded-For.
 *
 * @param trustedProxies addresses and networks, as in TRUST_PROXY
 */
export function requestIds(trustedProxies: readonly string[] | false): (request: IncomingMessage) => string {
  if (trustedProxies === false) return () => randomUUID();
  const trusted = addressList(trustedProxies);
  return ({ headers, socket }) => {
    const id = headers['x-request-id'];
    if (typeof id !== 'string' || !WELL_FORMED.test(id)) return randomUUID();
    return holds(trusted, socket.remoteAddress ?? '') ? id : randomUUID();
  };
}
