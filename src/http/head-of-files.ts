import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';

/**
 * Answers HEAD for a file without reading the file. Fastify would read all of it, after the answer, to send nothing: an
 * export of everything, with its turn and its connection of the database.
 */
export function addHeadOfFiles(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    if (route.method === 'HEAD') route.onSend = [closeFile, ...[route.onSend ?? []].flat()];
  });
}

function closeFile(
  _request: FastifyRequest,
  _reply: FastifyReply,
  payload: unknown,
  done: (error: null, payload: unknown) => void,
): void {
  if (payload instanceof Readable) payload.destroy();
  done(null, payload);
}
