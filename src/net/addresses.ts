import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether a URL's host name, or a bare address, means this machine. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || holds(loopback, host);
}

/**
 * How a host that a server listens on is written in a URL for clients on this machine: what means "all addresses" is not
 * one to connect to, and IPv6 stands in brackets (RFC 3986, 3.2.2).
 */
export function hostInUrl(host: string): string {
  const address = host.replace(/^\[|\]$/g, '');
  if (isLoopback(address) || address === '0.0.0.0' || isUnspecified(address)) return 'localhost';
  return isIP(address) === 6 ? `[${address.replace(/%.*$/, '')}]` : address;
}

/** Whether a URL has a host that can exist: URLs may hold others, such as a pattern that somebody hopes to be understood. */
export function namesHost(url: string): boolean {
  const { hostname } = URL.parse(url) ?? { hostname: '' };
  return /^([a-z0-9_]([a-z0-9._-]*[a-z0-9_.])?|\[[\da-f:.]+\])$/.test(hostname);
}

/** `::` in any of its spellings. */
function isUnspecified(address: string): boolean {
  return isIP(address) === 6 && /^[0:]+$/.test(address);
}

/**
 * An address as proxies write it down, without what some add to it: a port (Azure's gateways), brackets around IPv6, a zone.
 * What is none of that is left as it is.
 */
export function bareAddress(text: string): string {
  const [, bracketed] = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text) ?? [];
  const [, withPort] = /^([\d.]+):\d{1,5}$/.exec(text) ?? [];
  return (bracketed ?? withPort ?? text).replace(/%\w+$/, '');
}

/** Whether a text is an address, or a network in the form `address/prefix`. */
export function isAddressOrNetwork(text: string): boolean {
  return parseNetwork(text) !== undefined;
}

/**
 * A list of addresses and networks.
 *
 * @param items each as `isAddressOrNetwork` accepts it
 */
export function addressList(items: readonly string[]): BlockList {
  const list = new BlockList();
  for (const item of items) {
    const network = parseNetwork(item);
    if (network) list.addSubnet(network.address, network.prefix, network.family);
  }
  return list;
}

/** Whether an address is in a list; what is no address is in none. */
export function holds(list: BlockList, address: string): boolean {
  const family = familyOf(address);
  return family !== undefined && list.check(address, family);
}

function parseNetwork(text: string) {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = familyOf(address);
  if (family === undefined || rest.length > 0) return undefined;
  const bits = family === 'ipv6' ? 128 : 32;
  if (prefix === undefined) return { address, family, prefix: bits };
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits
    ? { address, family, prefix: Number(prefix) }
    : undefined;
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  return ({ 4: 'ipv4', 6: 'ipv6' } as const)[isIP(address)];
}
