import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Environment } from '../config/environment.js';
import { Metrics } from './metrics.js';

/** How long a connection may be silent, in milliseconds; Prometheus keeps them for up to a minute between two reads. */
const READER_TIMEOUT_MS = 90_000;

/**
 * Answers `GET /metrics` on a port of its own: who may read them is decided by the network, and nothing that can go
 * wrong with the API's own port hides them.
 */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(MetricsServer.name);
  private readonly server = createServer((request, response) => void this.answer(request, response));

  constructor(
    private readonly metrics: Metrics,
    private readonly config: ConfigService<Environment, true>,
  ) {}

  /** Where it listens. */
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async onApplicationBootstrap(): Promise<void> {
    // A reader that hangs is let go.
    this.server.timeout = READER_TIMEOUT_MS;
    const port = this.config.get('METRICS_PORT', { infer: true });
    this.server.listen(port, this.config.get('HOST', { infer: true }));
    try {
      await once(this.server, 'listening');
    } catch (error) {
      // For whoever reads why the start failed: not PORT is at fault.
      throw Object.assign(error as Error, { variable: 'METRICS_PORT' });
    }
    this.logger.log(`Metrics at port ${this.port}`);
  }

  onApplicationShutdown(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer({ method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (method !== 'GET' || url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    const { registry } = this.metrics;
    response.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics());
  }
}
