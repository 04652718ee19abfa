import { type DynamicModule, Module } from '@nestjs/common';
import type { Environment } from '../config/environment.js';

/** Metrics for Prometheus, when METRICS_PORT is set; else nothing is counted, nothing listens and nothing is loaded. */
@Module({})
export class MetricsModule {
  static async forRoot({ METRICS_PORT }: Environment): Promise<DynamicModule> {
    if (METRICS_PORT === undefined) return { module: MetricsModule };
    const { Metrics } = await import('./metrics.js');
    const { MetricsServer } = await import('./metrics.server.js');
    return { module: MetricsModule, providers: [Metrics, MetricsServer] };
  }
}
