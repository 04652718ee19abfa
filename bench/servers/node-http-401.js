import { once } from 'node:events';
import { createServer } from 'node:http';

const BODY = '{"status":401}';

/** Refuses every request as soon as its head is there, and closes: the least that a refusal costs. */
export async function start() {
  const server = createServer((_request, response) => {
    response.writeHead(401, {
      'content-type': 'application/json',
      'content-length': BODY.length,
      connection: 'close',
    });
    response.end(BODY);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}
