import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long a connection may bring nothing before nothing more is expected of it, in milliseconds. */
const SILENCE_MS = 1000;

interface Connection {
  /** The requests that are not answered yet. */
  readonly requests: Set<IncomingMessage>;
  bytesRead: number;
  heardAt: number;
}

/**
 * The connections of a server. Node closes idle ones by itself, but takes one on which nothing has come yet, or half a
 * request, for busy.
 */
export class OpenConnections {
  private readonly connections = new Map<Socket, Connection>();

  /** @param server that does not listen yet */
  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.connections.set(socket, { requests: new Set(), bytesRead: 0, heardAt: performance.now() });
      socket.once('close', () => this.connections.delete(socket));
    });
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const requests = this.connections.get(request.socket)?.requests.add(request);
      response.once('close', () => requests?.delete(request));
    });
  }

  /** Closes those that are silent and on which no request has arrived as a whole, to be called again and again. */
  closeSilent(): void {
    const now = performance.now();
    for (const [socket, connection] of this.connections) {
      if (socket.bytesRead > connection.bytesRead) {
        connection.bytesRead = socket.bytesRead;
        connection.heardAt = now;
      }
      const isWaitedFor = [...connection.requests].some(({ complete }) => complete);
      if (!isWaitedFor && now - connection.heardAt > SILENCE_MS) socket.destroy();
    }
  }
}
