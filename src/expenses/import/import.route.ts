import { Injectable } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Principal } from '../../auth/index.js';
import type { Environment } from '../../config/environment.js';
import { unsupportedMediaType } from '../../http/media-types.js';
import { routeOf } from '../../http/request.fields.js';
import { ProblemException } from '../../problems/problem.exception.js';
import { shareOfPool, Turns } from '../turns.js';

/** The one route that takes CSV. */
const IMPORT_ROUTE = '/expenses/import';
/** Files that may arrive at once for each that is written: a slow line holds no connection, and keeps nobody else out. */
const UPLOADS_PER_WRITER = 8;

type Done = (error: Error | null, payload?: never) => void;

/**
 * What the server does with an import before any of its body is read: it must be CSV, and one import of each caller is
 * let through at a time, and a bounded number of all. The body is handed on as a stream, for it may be larger than memory.
 */
@Injectable()
export class ImportRoute {
  private readonly turns: Turns;
  private readonly running = new WeakMap<FastifyRequest, () => void>();

  constructor(adapterHost: HttpAdapterHost<FastifyAdapter>, config: ConfigService<Environment, true>) {
    const writers = shareOfPool(config.get('DATABASE_POOL_SIZE', { infer: true }));
    this.turns = new Turns('too_many_imports', writers * UPLOADS_PER_WRITER);
    // Not in `onModuleInit`: by then Nest has registered the routes.
    adapterHost.init$.subscribe(() => this.prepare(adapterHost.httpAdapter.getInstance()));
  }

  private prepare(server: FastifyInstance): void {
    server.addContentTypeParser('text/csv', (request, payload, done) => {
      if (routeOf(request) === IMPORT_ROUTE) done(null, payload);
      else done(unsupportedMediaType(request));
    });
    server.addHook('onRoute', (route) => {
      if (route.url !== IMPORT_ROUTE) return;
      // When the caller is known, and before `request-bodies.ts` asks for the body.
      route.preParsing = [
        (request: FastifyRequest, _reply: unknown, payload: unknown, done: Done) =>
          done(this.faultOf(request), payload as never),
        ...[route.preParsing ?? []].flat(),
      ];
    });
    server.onRequestEnd((request) => this.running.get(request)?.());
  }

  /** What keeps an import from being read; if nothing, its turn begins, and ends with the request, however that ends. */
  private faultOf(request: FastifyRequest & { user?: Principal }): Error | null {
    if (!isCsv(request.headers['content-type'])) {
      return new ProblemException('unsupported_media_type', { accept: 'text/csv' });
    }
    // Of a request that has ended by now nobody would give the turn back.
    if (request.progress === 'ended') return null;
    try {
      this.running.set(request, this.turns.take(request.user!.account));
      return null;
    } catch (error) {
      return error as Error;
    }
  }
}

function isCsv(type = ''): boolean {
  return /^text\/csv\s*(?:;|$)/i.test(type.trim());
}
