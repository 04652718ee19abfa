import type { INestApplication } from '@nestjs/common';
import { request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

/** A request to an application under test. */
export interface TestRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whom the application sees as its peer, where the server can pretend that. */
  readonly remoteAddress: string;
}

/** What of an answer decides whether a route is guarded as declared. */
export interface TestAnswer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
}

/** Fastify's own way of calling an application without a socket. */
interface Injecting {
  inject(request: TestRequest): Promise<TestAnswer>;
}

/** Sends a request: to Fastify without a socket, to every other server over one, on a free port of this machine. */
export async function sendRequest(app: INestApplication, request: TestRequest): Promise<TestAnswer> {
  const adapter = app.getHttpAdapter();
  if (adapter.getType() === 'fastify') return (adapter.getInstance() as Injecting).inject(request);
  const server = app.getHttpServer() as Server;
  if (server.listening) return sendTo(server, request);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    return await sendTo(server, request);
  } finally {
    // It is for the test to say when and where the application listens.
    await promisify(server.close.bind(server))();
  }
}

function sendTo(server: Server, request: TestRequest): Promise<TestAnswer> {
  const { port } = server.address() as AddressInfo;
  const { method, url: path, headers } = request;
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ port, host: '127.0.0.1', method, path, headers, agent: false }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve({ statusCode: answer.statusCode ?? 0, headers: answer.headers }));
      answer.once('error', reject);
    });
    sent.once('error', reject);
    sent.end();
  });
}
