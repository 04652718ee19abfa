import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { answerClientError } from '../pages/client-errors.js';

/** How long the body of a request may bring nothing at all, in milliseconds. */
const SILENCE_MS = 10_000;

/**
 * Cuts bodies that stop coming, and answers them with 408. By silence, and not by a clock for the whole request: the
 * longest file that may be uploaded takes minutes on a slow line.
 */
export function cutSilentBodies(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('preParsing', ({ raw }, reply, payload, done) => {
    const { socket } = raw;
    // Requests that are injected by a test come through no socket.
    if (!raw.complete && socket instanceof Socket) waitFor(raw, reply.raw);
    done(null, payload);
  });
}

function waitFor(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  request.setTimeout(SILENCE_MS, () => {
    // A page that does not read on, as one whose disk is busy, is no fault of the client.
    if (request.readableLength > 0) socket.setTimeout(SILENCE_MS);
    else if (response.headersSent) socket.destroy();
    else answerClientError(silence(), socket);
  });
  request.once('end', () => {
    // After the answer it is Node's time-out for connections that are kept.
    if (!response.writableEnded) socket.setTimeout(0);
  });
}

const silence = () =>
  Object.assign(new Error('The body stopped coming'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
