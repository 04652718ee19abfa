import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Stands before a program, and takes it away and gives it back. */
export class Gate {
  private readonly sockets = new Set<Socket>();
  private isOpen = true;

  private constructor(private readonly server: Server) {}

  /** @param address of the program, with its port */
  static async before(address: string): Promise<Gate> {
    const { hostname, port } = new URL(address);
    const server = createServer((socket) => {
      if (!gate.isOpen) {
        socket.destroy();
        return;
      }
      const behind = connect({ host: hostname, port: Number(port) });
      for (const [one, other] of [
        [socket, behind],
        [behind, socket],
      ] as const) {
        gate.sockets.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => {
          gate.sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
    const gate = new Gate(server);
    server.listen(0, 'localhost');
    await once(server, 'listening');
    return gate;
  }

  get url(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  /** Whoever comes is sent away, and who is inside is thrown out. */
  shut(): void {
    this.isOpen = false;
    for (const socket of this.sockets) socket.destroy();
  }

  open(): void {
    this.isOpen = true;
  }

  async close(): Promise<void> {
    this.shut();
    this.server.close();
    await once(this.server, 'close');
  }
}
