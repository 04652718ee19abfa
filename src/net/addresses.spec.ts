import { addressList, bareAddress, holds, hostInUrl, isLoopback } from './addresses.js';

it.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['::1', true],
  ['[::1]', true],
  ['128.0.0.1', false],
  ['0.0.0.0', false],
  ['localhost.example.com', false],
  ['', false],
])('the host %j is this machine: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

it.each([
  ['10.1.2.3', true],
  ['192.168.0.1', true],
  ['192.168.0.2', false],
  ['fd00::1', true],
  ['fe80::1', false],
  ['::ffff:10.1.2.3', true],
  ['', false],
  ['proxy.example.com', false],
])('a list of networks and addresses holds %j: %s', (address, expected) => {
  expect(holds(addressList(['10.0.0.0/8', '192.168.0.1', 'fd00::/8']), address)).toBe(expected);
});

it.each([
  ['0.0.0.0', 'localhost'],
  ['::', 'localhost'],
  ['0:0:0:0:0:0:0:0', 'localhost'],
  ['[::]', 'localhost'],
  ['::1', 'localhost'],
  ['fd00::7', '[fd00::7]'],
  ['192.0.2.7', '192.0.2.7'],
  ['api.example.com', 'api.example.com'],
])('a server that listens on %s is reached at %s', (host, expected) => {
  expect(hostInUrl(host)).toBe(expected);
});

it.each([
  ['192.0.2.1:8080', '192.0.2.1'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['2001:db8::1', '2001:db8::1'],
  ['unknown', 'unknown'],
  ['[x', '[x'],
])('%s is the address %s', (text, address) => {
  expect(bareAddress(text)).toBe(address);
});
