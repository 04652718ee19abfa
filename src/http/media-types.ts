import { isUtf8 } from 'node:buffer';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ProblemException } from '../problems/problem.exception.js';
import { Methods } from './methods.js';
import type { serverOptions } from './server.options.js';

/** The media types of JSON bodies: plain, and merge patches (RFC 7396). */
const JSON_TYPES = ['application/merge-patch+json', 'application/json'];

type NotFoundHandler = (request: FastifyRequest, reply: FastifyReply) => void;

/**
 * Nest's adapter for Fastify, which takes bodies that are JSON in UTF-8: `application/json` and merge patches. What else
 * a route takes is added by the route's own module; every other type, encoding or coding is a 415.
 */
export class JsonAdapter extends FastifyAdapter {
  private readonly methods: Methods;
  private answerNotFound?: NotFoundHandler;

  constructor(options: ReturnType<typeof serverOptions>) {
    super(options);
    const server = this.getInstance();
    this.methods = new Methods(server);
    server.removeAllContentTypeParsers();
    const parseJson = server.getDefaultJsonParser('error', 'error');
    for (const type of JSON_TYPES) {
      server.addContentTypeParser<Buffer>(type, { parseAs: 'buffer' }, (request, bytes, done) => {
        // A client that always names a type sends it with an empty DELETE, too.
        if (bytes.length === 0 && request.method === 'DELETE') done(null, undefined);
        else if (!isUtf8(bytes)) done(notUtf8());
        else void parseJson(request, bytes.toString(), done);
      });
    }
    server.addContentTypeParser('*', (request, _payload, done) => done(unsupportedMediaType(request)));
    server.addHook('preParsing', (request, reply, payload, done) => {
      // Nobody wants the body of what is nowhere, so it is not read.
      if (request.is404 && this.answerNotFound) {
        this.answerNotFound(request, reply);
        return;
      }
      if (request.method === 'DELETE' && hasNoBody(request)) delete request.headers['content-type'];
      done(faultOfHead(request), payload);
    });
  }

  /** Nest would add its own parsers here, which take forms and plain text as well. */
  override registerParserMiddleware(): void {}

  /** A path that other methods are known for is answered 405, which Nest does not tell from 404. */
  override setNotFoundHandler(handler: NotFoundHandler) {
    this.answerNotFound = (request, reply) => {
      if (!this.methods.refuse(request, reply)) handler(request, reply);
    };
    return super.setNotFoundHandler(this.answerNotFound);
  }
}

/** A 415 that says which types the method takes: of patches by Accept-Patch (RFC 5789, 2.2), else by Accept. */
function unsupportedMediaType({ method }: FastifyRequest): ProblemException {
  const types = JSON_TYPES.join(', ');
  return method === 'PATCH'
    ? new ProblemException('unsupported_media_type', { 'accept-patch': types })
    : new ProblemException('unsupported_media_type', { accept: 'application/json' });
}

function hasNoBody({ headers }: FastifyRequest): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = headers;
  return coding === undefined && length === '0';
}

/** What of the head of a request with a body keeps it from being read: another content coding, or another charset. */
function faultOfHead({ headers }: FastifyRequest): ProblemException | null {
  const { 'content-encoding': coding = 'identity', 'content-type': type = '' } = headers;
  if (coding.trim().toLowerCase() !== 'identity') {
    return new ProblemException(
      { code: 'unsupported_media_type', detail: 'A body must be sent as it is, without Content-Encoding' },
      { 'accept-encoding': 'identity' },
    );
  }
  const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(type)?.[1];
  if (charset === undefined || /^(utf-?8|us-ascii)$/i.test(charset)) return null;
  return new ProblemException({ code: 'unsupported_media_type', detail: 'A body must be in UTF-8' });
}

/** Of bytes that would be kept as U+FFFD (RFC 8259, 8.1). */
function notUtf8(): ProblemException {
  return new ProblemException({ code: 'malformed_request', detail: 'The body is not UTF-8' });
}
