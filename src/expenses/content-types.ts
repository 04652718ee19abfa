import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { ProblemException } from '../http/problem.exception.js';

/** The one route that takes CSV. */
const CSV_ROUTE = '/expenses/import';

/** Teaches the server the media types of its bodies: JSON, merge patches and, for imports, CSV. */
@Injectable()
export class ContentTypes implements OnModuleInit {
  constructor(private readonly adapterHost: HttpAdapterHost<FastifyAdapter>) {}

  onModuleInit(): void {
    const server = this.adapterHost.httpAdapter.getInstance();
    // What Fastify and Nest would take as well: no route is made for it.
    server.removeContentTypeParser(['text/plain', 'application/x-www-form-urlencoded']);
    const parseJson = server.getDefaultJsonParser('error', 'error');
    server.addContentTypeParser('application/merge-patch+json', { parseAs: 'string' }, parseJson);
    // Handed on as a stream: an import may be larger than memory, and is not read before the caller is known.
    server.addContentTypeParser('text/csv', (request, payload, done) => {
      if (request.routeOptions.url === CSV_ROUTE) done(null, payload);
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
