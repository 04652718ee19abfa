import { type DynamicModule, Module } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Environment } from '../config/environment.js';
import { Database } from '../database/database.js';

/** Traces, when OTEL_EXPORTER_OTLP_ENDPOINT is set and OTEL_SDK_DISABLED is not; else no part of OpenTelemetry is even loaded. */
@Module({})
export class TracingModule {
  static forRoot(environment: Environment): DynamicModule {
    const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: isDisabled } = environment;
    if (endpoint === undefined || isDisabled) return { module: TracingModule };
    return {
      module: TracingModule,
      providers: [
        {
          provide: 'TRACING',
          inject: [HttpAdapterHost, Database],
          useFactory: async (adapterHost: HttpAdapterHost<FastifyAdapter>, database: Database) => {
            const { Tracing } = await import('./tracing.js');
            return new Tracing(endpoint, environment, adapterHost, database);
          },
        },
      ],
    };
  }
}
