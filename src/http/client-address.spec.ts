import { clientAddress } from './client-address.js';

const request = (ip: string) => ({ ip, raw: { socket: { remoteAddress: '10.0.0.1' } } }) as never;

describe('clientAddress', () => {
  it.each(['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1'])('is %s when a trusted proxy says so', (ip) => {
    expect(clientAddress(request(ip))).toBe(ip);
  });

  it.each(['192.0.2.1:80', '[2001:db8::1]:443'])('leaves out the port of %s', (ip) => {
    expect(clientAddress(request(ip))).toBe(ip.startsWith('[') ? '2001:db8::1' : '192.0.2.1');
  });

  it.each(['alice@example.com', '', '192.0.2.1, 192.0.2.2', 'eyJhbGciOiJub25lIn0'])(
    'is that of the peer when what the proxy passed on is %j',
    (ip) => {
      expect(clientAddress(request(ip))).toBe('10.0.0.1');
    },
  );
});
