import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { serverOptions } from './server.options.js';

/**
 * Nest's adapter for Fastify, which takes bodies that are JSON: `application/json` and merge patches (RFC 7396). What
 * else a route takes is added by the route's own module; every other type is a 415.
 */
export class JsonAdapter extends FastifyAdapter {
  constructor(options: ReturnType<typeof serverOptions>) {
    super(options);
    const server = this.getInstance();
    server.removeAllContentTypeParsers();
    const parseJson = server.getDefaultJsonParser('error', 'error');
    for (const type of ['application/json', 'application/merge-patch+json']) {
      server.addContentTypeParser(type, { parseAs: 'string' }, parseJson);
    }
  }

  /** Nest would add its own parsers here, which take forms and plain text as well. */
  override registerParserMiddleware(): void {}
}
