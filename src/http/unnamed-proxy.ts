import { Logger } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { trustedProxies } from './client-address.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether some peer has sent X-Forwarded-For that TRUST_PROXY does not name. */
    unnamedProxy: { isSeen: boolean };
  }
}

/**
 * Notices X-Forwarded-For from a peer that TRUST_PROXY does not name, and warns of the first. It is not believed, since any
 * client can write it; but if the peer is a proxy of ours, all of its clients count as one, and a single stranger with
 * bad tokens has everybody's new tokens refused.
 *
 * @param proxies addresses and networks, as in TRUST_PROXY
 */
export function noticeUnnamedProxy(fastify: FastifyInstance, proxies: readonly string[] | false): void {
  const logger = new Logger('ClientAddress');
  const isTrusted = trustedProxies(proxies);
  const unnamedProxy = { isSeen: false };
  fastify.decorate('unnamedProxy', unnamedProxy);
  fastify.addHook('onRequest', ({ headers, raw }, _reply, done) => {
    const peer = raw.socket.remoteAddress ?? '';
    if (headers['x-forwarded-for'] !== undefined && !unnamedProxy.isSeen && !(isTrusted && isTrusted(peer))) {
      unnamedProxy.isSeen = true;
      logger.warn(
        `X-Forwarded-For comes from ${peer}, which TRUST_PROXY does not name: ` +
          'if that is your proxy, all of its clients count as one',
      );
    }
    done();
  });
}
