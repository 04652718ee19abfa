import { createVerify, generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';

/**
 * Verifies one and the same RS256 signature for every request and looks at nothing else: the least that a new token can
 * cost a server that verifies it on its own core.
 */
export async function start({ expenses }) {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const content = 'x'.repeat(450);
  const signature = sign('sha256', Buffer.from(content), privateKey).toString('base64url');
  const server = createServer((_request, response) => {
    const isGood = createVerify('sha256').update(content, 'latin1').verify(publicKey, signature, 'base64url');
    const body = JSON.stringify(expenses);
    response.writeHead(isGood ? 200 : 401, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}
