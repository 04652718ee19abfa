import { isUtf8 } from 'node:buffer';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { countHeaders } from '../net/raw-headers.js';
import { ProblemException } from '../problems/problem.exception.js';
import { faultsOfJson } from './json-text.js';
import { Methods } from './methods.js';
import { hasBody } from './request-bodies.js';
import { MAX_FAULTS } from './schema.pipe.js';
import type { serverOptions } from './server.options.js';

/** The media types of JSON bodies: plain, and merge patches (RFC 7396). */
const MERGE_PATCH = 'application/merge-patch+json';
const JSON_TYPES = [MERGE_PATCH, 'application/json'];
/** A media type (RFC 9110, 8.3.1), whatever its parameters. */
const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/;

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
    this.methods = new Methods(server, JSON_TYPES);
    server.removeAllContentTypeParsers();
    const parseJson = server.getDefaultJsonParser('error', 'error');
    for (const type of JSON_TYPES) {
      server.addContentTypeParser<Buffer>(type, { parseAs: 'buffer' }, (request, bytes, done) => {
        if (type === MERGE_PATCH && request.method === 'POST') done(unsupportedMediaType(request));
        // A client that always names a type sends it with an empty DELETE, too; and what it sends means nothing there.
        else if (request.method === 'DELETE') done(null, undefined);
        else if (!isUtf8(bytes)) done(notUtf8());
        else {
          const text = bytes.toString();
          void parseJson(request, text, (error, body) => {
            const errors = error ? [] : faultsOfJson(text).slice(0, MAX_FAULTS);
            done(errors.length > 0 ? new ProblemException({ code: 'invalid_body', errors }) : error, body);
          });
        }
      });
    }
    server.addContentTypeParser('*', (request, _payload, done) => done(unsupportedMediaType(request)));
    // A form is read for a token in it, and refused, by `auth/`, which does not know what is taken instead.
    server.addHook('onSend', (request, reply, payload, done) => {
      if (reply.statusCode === 415 && isForm(request) && !reply.hasHeader('accept')) {
        void reply.headers(unsupportedMediaType(request).headers);
      }
      done(null, payload);
    });
    server.addHook('preParsing', (request, reply, payload, done) => {
      // Nobody wants the body of what is nowhere, so it is not read.
      if (request.is404 && this.answerNotFound) {
        this.answerNotFound(request, reply);
        return;
      }
      const { headers, method } = request;
      const isEmpty = !hasBody(request);
      const type = headers['content-type'];
      // What is no type is as none at all: Fastify would refuse it without a word of those that there are.
      if (type !== undefined && (!MEDIA_TYPE.test(type.trim()) || (isEmpty && method === 'DELETE'))) {
        delete headers['content-type'];
      }
      done(isEmpty ? null : faultOfHead(request), payload);
    });
  }

  /** Answers every OPTIONS, when everything is set up that writes headers. */
  answerOptions(): void {
    this.methods.answerOptions();
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

function isForm({ headers }: FastifyRequest): boolean {
  return /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(headers['content-type'] ?? '');
}

/** A 415 that says which types the method takes: of patches by Accept-Patch (RFC 5789, 2.2), else by Accept. */
export function unsupportedMediaType({ method }: FastifyRequest): ProblemException {
  const types = JSON_TYPES.join(', ');
  return method === 'PATCH'
    ? new ProblemException('unsupported_media_type', { 'accept-patch': types })
    : new ProblemException('unsupported_media_type', { accept: 'application/json' });
}

/** What of the head of a request with a body keeps it from being read: a content coding, another charset, or two types. */
function faultOfHead({ headers, raw }: FastifyRequest): ProblemException | null {
  const { 'content-encoding': codings = '', 'content-type': type = '' } = headers;
  if (!codings.split(',').every((coding) => /^\s*(identity)?\s*$/i.test(coding))) {
    return new ProblemException(
      { code: 'unsupported_media_type', detail: 'A body must be sent as it is, without Content-Encoding' },
      { 'accept-encoding': 'identity' },
    );
  }
  // Of several Node takes the first, where a proxy may have gone by the last.
  if (countHeaders(raw, 'content-type') > 1) {
    return new ProblemException({
      code: 'malformed_request',
      detail: 'A request may have one Content-Type header, and no more',
    });
  }
  const charsets = Array.from(type.matchAll(/;\s*charset\s*=\s*"?([^\s";]*)/gi), ([, name = '']) => name);
  if (charsets.every((charset) => /^(utf-?8|us-ascii)$/i.test(charset))) return null;
  return new ProblemException({ code: 'unsupported_media_type', detail: 'A body must be in UTF-8' });
}

/** Of bytes that would be kept as U+FFFD (RFC 8259, 8.1). */
function notUtf8(): ProblemException {
  return new ProblemException({ code: 'malformed_request', detail: 'The body is not UTF-8' });
}
