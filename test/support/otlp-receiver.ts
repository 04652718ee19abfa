import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as OTLP/JSON writes it, as far as tests look at it. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: Record<string, unknown>;
}

type Attribute = { key: string; value: Record<string, unknown> };
type Written = Omit<ReceivedSpan, 'attributes'> & { attributes: Attribute[] };
type Body = { resourceSpans: { scopeSpans: { spans: Written[] }[] }[] };

/** Receives traces by OTLP/HTTP. */
export class OtlpReceiver {
  /** Every body, as it came. */
  written = '';
  readonly spans: ReceivedSpan[] = [];
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      this.written += text;
      if (request.url === '/v1/traces') this.read(JSON.parse(text) as Body);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    receiver.server.listen(0, '127.0.0.1');
    await once(receiver.server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private read({ resourceSpans }: Body): void {
    for (const span of resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))) {
      const attributes = Object.fromEntries(
        span.attributes.map(({ key, value }) => [key, Object.values(value)[0]]),
      );
      this.spans.push({ ...span, attributes });
    }
  }
}
