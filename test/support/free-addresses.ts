import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

/**
 * Addresses on different free ports of this machine, without a slash at their ends. The ports are free again when this
 * returns, for programs that must know their address before they listen.
 */
export async function freeAddresses(count: number): Promise<string[]> {
  const ports = await freePorts(count, 'localhost');
  return ports.map((port) => `http://localhost:${port}`);
}

/** A port of 127.0.0.1 that was free a moment ago, for a program that must be told its port. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1, '127.0.0.1');
  return port!;
}

/**
 * Ports that systems hand out to nobody by themselves, neither to a connection that goes out nor to a server that leaves the
 * choice to them: those begin at 32768 on Linux, and higher elsewhere. So none is taken between its choice here and its use.
 */
const PORTS = [20_000, 32_768] as const;

async function freePorts(count: number, host: string): Promise<number[]> {
  const servers: Server[] = [];
  while (servers.length < count) {
    const server = createServer().listen(randomInt(...PORTS), host);
    try {
      await once(server, 'listening');
      servers.push(server);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
