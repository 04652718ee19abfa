import Fastify from 'fastify';

/** No authentication. */
export async function start({ expenses }) {
  const app = Fastify();
  app.get('/', async () => expenses);
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app.server.address().port;
}
