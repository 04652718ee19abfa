import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { InvalidRequest, TOKEN_IN_BODY } from '../auth/index.js';
import { ProblemException } from '../http/problem.exception.js';
import { routeOf } from '../http/request.fields.js';

const FORM = 'application/x-www-form-urlencoded';
/** The one route that takes CSV. */
const CSV_ROUTE = '/expenses/import';

/** Teaches the server the media types of its bodies: JSON, merge patches and, for imports, CSV. */
@Injectable()
export class ContentTypes implements OnModuleInit {
  constructor(private readonly adapterHost: HttpAdapterHost<FastifyAdapter>) {}

  onModuleInit(): void {
    const server = this.adapterHost.httpAdapter.getInstance();
    // What Fastify and Nest would take as well: no route is made for it.
    server.removeContentTypeParser(['text/plain', FORM]);
    // A form is read for one thing only: to say what is wrong with sending a token in it (RFC 6750, 2.2).
    server.addContentTypeParser<string>(FORM, { parseAs: 'string' }, (_request, form, done) => {
      const hasToken = new URLSearchParams(form).has('access_token');
      done(hasToken ? new InvalidRequest(TOKEN_IN_BODY) : new UnsupportedMediaType());
    });
    const parseJson = server.getDefaultJsonParser('error', 'error');
    server.addContentTypeParser('application/merge-patch+json', { parseAs: 'string' }, parseJson);
    // Handed on as a stream: an import may be larger than memory, and is not read before the caller is known.
    server.addContentTypeParser('text/csv', (request, payload, done) => {
      if (routeOf(request) === CSV_ROUTE) done(null, payload);
      else done(new UnsupportedMediaType());
    });
  }
}

/** The body is of another media type than the route takes. */
export class UnsupportedMediaType extends ProblemException {
  constructor() {
    super({
      status: 415,
      code: 'unsupported_media_type',
      detail: 'The media type of the body is not supported here',
    });
  }
}
