import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/**
 * Addresses on different free ports of this machine, without a slash at their ends. The ports are free again when this
 * returns, for programs that must know their address before they listen.
 */
export async function freeAddresses(count: number): Promise<string[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => once(server.listen(0, 'localhost'), 'listening')));
  const urls = servers.map((server) => `http://localhost:${(server.address() as AddressInfo).port}`);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return urls;
}
