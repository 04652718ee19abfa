import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy for a browser that keeps no cookies: it takes them out of every answer. */
export class ForgetfulProxy {
  private constructor(private readonly server: Server) {}

  static async start(): Promise<ForgetfulProxy> {
    const server = createServer((incoming, answer) => {
      const { method, headers, url = '' } = incoming;
      const onward = request(new URL(url), { method, headers });
      onward.on('response', (response) => {
        const { 'set-cookie': _taken, ...rest } = response.headers;
        answer.writeHead(response.statusCode ?? 502, rest);
        response.pipe(answer);
      });
      onward.on('error', () => answer.destroy());
      incoming.pipe(onward);
    });
    server.listen(0, 'localhost');
    await once(server, 'listening');
    return new ForgetfulProxy(server);
  }

  get url(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}
