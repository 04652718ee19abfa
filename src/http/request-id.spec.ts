import type { IncomingMessage } from 'node:http';
import { requestIds } from './request-id.js';

const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

const request = (id: string | undefined, remoteAddress: string) =>
  ({ headers: { 'x-request-id': id }, socket: { remoteAddress } }) as unknown as IncomingMessage;

describe('requestIds', () => {
  it('makes a new UUID for every request, whoever sends it, when no proxy is trusted', () => {
    const idOf = requestIds(false);
    expect(idOf(request('proxy-0001', '127.0.0.1'))).toMatch(UUID);
    expect(idOf(request('proxy-0001', '127.0.0.1'))).not.toBe(idOf(request('proxy-0001', '127.0.0.1')));
  });

  it.each([
    ['10.1.2.3', '10.0.0.0/8'],
    ['::ffff:10.1.2.3', '10.0.0.0/8'],
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8::7', '2001:db8::/32'],
    ['::1', '::1'],
  ])('believes a proxy at %s when %s is trusted', (peer, trusted) => {
    expect(requestIds([trusted])(request('proxy-0001', peer))).toBe('proxy-0001');
  });

  it.each([
    ['11.1.2.3', '10.0.0.0/8'],
    ['::1', '127.0.0.0/8'],
    ['', '10.0.0.0/8'],
  ])('does not believe %j when only %s is trusted', (peer, trusted) => {
    expect(requestIds([trusted])(request('proxy-0001', peer))).toMatch(UUID);
  });
});
