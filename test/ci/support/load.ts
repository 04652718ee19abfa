import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** One request of a load: when it began, and what came of it. */
interface Sample {
  readonly at: number;
  readonly status: number | string;
}

/** How to make load. */
export interface LoadOptions {
  /** The URL to ask; called for every request, so that it may change. `undefined`: none may be sent now. */
  readonly url: () => string | undefined;
  readonly token: () => string | undefined;
  /** Requests under way at a time. Default 8. */
  readonly connections?: number;
  /** How often a request that failed is sent again. Default 0. */
  readonly retries?: number;
  /** Milliseconds between two requests of a connection. Default 5. */
  readonly pauseMs?: number;
}

/** Clients that keep their connections and send one request after the other until they are stopped. */
export class Load {
  readonly samples: Sample[] = [];
  private stopped = false;
  private readonly agent: Agent;
  private readonly clients: Promise<void>[];

  constructor(private readonly options: LoadOptions) {
    const { connections = 8 } = options;
    this.agent = new Agent({ keepAlive: true, maxSockets: connections, timeout: 10_000 });
    this.clients = Array.from({ length: connections }, () => this.client());
  }

  /** Lets the last requests end. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.clients);
    this.agent.destroy();
  }

  /** How many requests ended in which way. */
  get counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { status } of this.samples) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  }

  get failed(): Sample[] {
    return this.samples.filter(({ status }) => status !== 200);
  }

  /** Milliseconds from a moment until the last failure after it; 0 when there was none. */
  recoveryAfter(moment: number): number {
    const last = this.failed.findLast(({ at }) => at >= moment);
    return last ? Math.round(last.at - moment) : 0;
  }

  private async client(): Promise<void> {
    const { retries = 0, pauseMs = 5 } = this.options;
    while (!this.stopped) {
      let status: Sample['status'] = 0;
      const at = performance.now();
      for (let attempt = 0; attempt <= retries && status !== 200; attempt += 1) {
        if (attempt > 0) await delay(50 * attempt);
        const url = this.options.url();
        if (url === undefined) return;
        status = await this.send(url);
      }
      this.samples.push({ at, status });
      await delay(pauseMs);
    }
  }

  private send(url: string): Promise<number | string> {
    const token = this.options.token();
    return new Promise((resolve) => {
      const sent = request(
        url,
        { agent: this.agent, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } },
        (response) => {
          response.resume();
          response.once('close', () => resolve(response.complete ? response.statusCode! : 'cut'));
        },
      );
      sent.setTimeout(15_000, () => sent.destroy(Object.assign(new Error(), { code: 'TIMEOUT' })));
      sent.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
      sent.end();
    });
  }
}
