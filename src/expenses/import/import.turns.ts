import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../../auth/index.js';
import type { Environment } from '../../config/environment.js';
import { routeOf } from '../../http/request.fields.js';
import { shareOfPool, Turns } from '../turns.js';
import { CSV_ROUTE } from './csv-body.js';

/** Files that may arrive at once for each that is written: a slow line holds no connection, and keeps nobody else out. */
const UPLOADS_PER_WRITER = 8;

/**
 * Lets one import of each caller through at a time, and a bounded number of all. It is asked when the caller is known
 * and before the body is read or asked for; the turn ends with the request, however that ends.
 */
@Injectable()
export class ImportTurns implements OnModuleInit {
  private readonly turns: Turns;
  private readonly running = new WeakMap<FastifyRequest, () => void>();

  constructor(
    private readonly adapterHost: HttpAdapterHost<FastifyAdapter>,
    config: ConfigService<Environment, true>,
  ) {
    const writers = shareOfPool(config.get('DATABASE_POOL_SIZE', { infer: true }));
    this.turns = new Turns('too_many_imports', writers * UPLOADS_PER_WRITER);
  }

  onModuleInit(): void {
    const server = this.adapterHost.httpAdapter.getInstance();
    // When the caller is known, and before `request-bodies.ts` asks for the body.
    server.addHook('preParsing', (request: FastifyRequest & { user?: Principal }, _reply, payload, done) => {
      // Of a request that has ended by now nobody would give the turn back.
      if (routeOf(request) !== CSV_ROUTE || request.progress === 'ended') {
        done(null, payload);
        return;
      }
      try {
        this.running.set(request, this.turns.take(request.user!.account));
      } catch (error) {
        done(error as Error);
        return;
      }
      done(null, payload);
    });
    server.onRequestEnd((request) => this.running.get(request)?.());
  }
}
