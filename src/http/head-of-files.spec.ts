import { fastify } from 'fastify';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { addHeadOfFiles } from './head-of-files.js';

it('a file without end is answered to HEAD by its fields alone, and closed', async () => {
  const server = fastify();
  addHeadOfFiles(server);
  const file = new Readable({
    read() {
      setImmediate(() => this.push('line\n'));
    },
  });
  server.get('/', (_request, reply) => reply.type('text/csv').send(file));
  const closed = once(file, 'close');
  const answer = await server.inject({ method: 'HEAD', url: '/' });
  expect([answer.statusCode, answer.headers['content-type'], answer.body]).toEqual([200, 'text/csv', '']);
  await closed;
  await server.close();
});
