import { type DynamicModule, Module } from '@nestjs/common';
import type { Environment } from '../config/environment.js';
import { Metrics } from './metrics.js';
import { MetricsServer } from './metrics.server.js';

/** Metrics for Prometheus, when METRICS_PORT is set; else nothing is counted and nothing listens. */
@Module({})
export class MetricsModule {
  static forRoot({ METRICS_PORT }: Environment): DynamicModule {
    return { module: MetricsModule, providers: METRICS_PORT === undefined ? [] : [Metrics, MetricsServer] };
  }
}
