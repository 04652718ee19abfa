import { isUtf8 } from 'node:buffer';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ProblemException } from '../problems/problem.exception.js';
import { faultsOfJson } from './json-text.js';
import {
  faultOfBodyHead,
  isForm,
  isMediaType,
  JSON_TYPES,
  MERGE_PATCH,
  unsupportedMediaType,
} from './media-types.js';
import { Methods } from './methods.js';
import { hasBody, takesBodies } from './request-bodies.js';
import { MAX_FAULTS } from './schema.pipe.js';
import type { serverOptions } from './server.options.js';

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
        // Clients that always name a type name it on a DELETE, too, where a body means nothing.
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
    server.addHook('onRoute', (route) => {
      if (takesBodies(route)) route.onSend = [nameTypesInsteadOfForms, ...[route.onSend ?? []].flat()];
    });
    server.addHook('preParsing', (request, reply, payload, done) => {
      // Where no route is, the answer does not depend on the body, so it is not read.
      if (request.is404 && this.answerNotFound) {
        this.answerNotFound(request, reply);
        return;
      }
      const { headers, method } = request;
      const isEmpty = !hasBody(request);
      const type = headers['content-type'];
      // What is no media type counts as absent: Fastify's own refusal would not say which types there are.
      if (type !== undefined && (!isMediaType(type) || (isEmpty && method === 'DELETE'))) {
        delete headers['content-type'];
      }
      done(isEmpty ? null : faultOfBodyHead(request), payload);
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

/** A form is read for a token in it, and refused, by `auth/`, which does not know what is taken instead. */
function nameTypesInsteadOfForms(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: (error: null, payload: unknown) => void,
): void {
  if (reply.statusCode === 415 && isForm(request) && !reply.hasHeader('accept')) {
    void reply.headers(unsupportedMediaType(request).headers);
  }
  done(null, payload);
}

/** For bytes that are not UTF-8, which would be read as U+FFFD (RFC 8259, 8.1). */
function notUtf8(): ProblemException {
  return new ProblemException({ code: 'malformed_request', detail: 'The body is not UTF-8' });
}
