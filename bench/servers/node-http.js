import { createServer } from 'node:http';
import { once } from 'node:events';

/**
 * No authentication, no framework: what Node can do at most.
 *
 * @param isGood asked for every request; nothing is asked unless another server says what
 */
export async function start({ expenses }, isGood = () => true) {
  const server = createServer((_request, response) => {
    const body = JSON.stringify(expenses);
    response.writeHead(isGood() ? 200 : 401, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}
