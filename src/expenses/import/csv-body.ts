import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { unsupportedMediaType } from '../../http/media-types.js';
import { routeOf } from '../../http/request.fields.js';
import { ProblemException } from '../../problems/problem.exception.js';

/** The one route that takes CSV. */
export const CSV_ROUTE = '/expenses/import';

/**
 * Teaches the server to take `text/csv`, on the route of imports only. The body is handed on as a stream: it may be
 * larger than memory, and is not read before the caller is known.
 */
@Injectable()
export class CsvBody implements OnModuleInit {
  constructor(private readonly adapterHost: HttpAdapterHost<FastifyAdapter>) {}

  onModuleInit(): void {
    const server = this.adapterHost.httpAdapter.getInstance();
    server.addContentTypeParser('text/csv', (request, payload, done) => {
      if (routeOf(request) === CSV_ROUTE) done(null, payload);
      else done(unsupportedMediaType(request));
    });
    // What other routes take, this one does not.
    server.addHook('preParsing', (request, _reply, payload, done) => {
      const isOther = routeOf(request) === CSV_ROUTE && !isCsv(request.headers['content-type']);
      done(isOther ? new ProblemException('unsupported_media_type', { accept: 'text/csv' }) : null, payload);
    });
  }
}

function isCsv(type = ''): boolean {
  return /^text\/csv\s*(?:;|$)/i.test(type.trim());
}
