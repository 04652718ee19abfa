import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { Socket } from 'node:net';
import { answerClientError } from './client-errors.js';
import { closeInStages } from './staged-close.js';

/** Largest body that a route takes unless it has a limit of its own, in bytes: eight times an honest expense. */
export const MAX_BODY = 16 * 1024;
/** How often bodies that are on their way are looked at, in milliseconds. */
const SWEEP_MS = 1000;
/** How long a body may bring nothing at all, in milliseconds. */
const SILENCE_MS = 10_000;
/** How long any body may take, however slowly it comes, in milliseconds. */
const PATIENCE_MS = 30_000;
/** What must come each second on an average beyond that, in bytes: a telephone line has ten times as much. */
const LEAST_RATE = 500;
/** Methods without a body. */
const BODYLESS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** A body on its way. */
interface Arrival {
  readonly startedAt: number;
  readonly bytesBefore: number;
  bytes: number;
  heardAt: number;
}

/**
 * How bodies are taken: asked for (`Expect: 100-continue`, RFC 9110, 10.1.1) when the caller is known and not before, cut
 * when they stop coming, and left unread when the answer does not depend on them.
 */
export function addBodyRules(fastify: FastifyInstance): void {
  const arriving = new Map<FastifyRequest, Arrival>();
  const sweep = setInterval(() => {
    const now = Date.now();
    for (const [request, arrival] of arriving) if (isOver(request, arrival, now)) arriving.delete(request);
  }, SWEEP_MS).unref();
  fastify.addHook('onClose', (_instance, done) => {
    clearInterval(sweep);
    done();
  });
  // Node would ask for the body before anybody has looked at the head, and would refuse other expectations by itself.
  for (const event of ['checkContinue', 'checkExpectation']) {
    fastify.server.on(event, (request, response) => fastify.server.emit('request', request, response));
  }
  // Nor is this server a proxy: Node would close the connection without a word.
  fastify.server.on('connect', (_request, socket: Socket) => answerClientError(new Error('CONNECT'), socket));
  // For every answer: also where no route is, a body may be on its way.
  fastify.addHook('onSend', (request, reply, payload, done) => {
    arriving.delete(request);
    leaveLongBodyUnread(request, reply);
    done(null, payload);
  });
  fastify.addHook('onRoute', (route) => {
    if (!takesBodies(route)) return;
    route.preParsing = [
      (
        request: FastifyRequest,
        reply: FastifyReply,
        payload: unknown,
        done: (error: null, p: never) => void,
      ) => {
        if (request.headers.expect !== undefined) reply.raw.writeContinue();
        // Requests that are injected by a test come through no socket.
        if (hasBody(request) && request.raw.socket instanceof Socket) {
          const bytes = request.raw.socket.bytesRead;
          const now = Date.now();
          arriving.set(request, { startedAt: now, bytesBefore: bytes, bytes, heardAt: now });
        }
        done(null, payload as never);
      },
      ...[route.preParsing ?? []].flat(),
    ];
  });
}

/** Whether a route is for a method whose requests have bodies. */
export function takesBodies({ method }: Pick<RouteOptions, 'method'>): boolean {
  return ![method].flat().every((one) => BODYLESS.has(one));
}

/** Whether a request has a body, by its head (RFC 9112, 6.3). */
export function hasBody(request: FastifyRequest): boolean {
  return hasBodyBeyond(request, 0);
}

/** Whether its body has, or may have, more than so many bytes: of chunks nobody knows. */
function hasBodyBeyond({ headers }: FastifyRequest, bytes: number): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > bytes;
}

/**
 * Has the connection of a request closed in stages when it is answered, and the rest of its body left unread, if a long
 * one is on its way. A small rest is read and forgotten, and the connection kept. To be called before the answer is sent.
 */
export function leaveLongBodyUnread(request: FastifyRequest, reply: FastifyReply): void {
  const { raw } = request;
  if (raw.complete || !hasBodyBeyond(request, MAX_BODY)) return;
  void reply.header('connection', 'close');
  // Node reads away, after the answer, what nobody has asked for. To read no bytes counts as having asked, unless so many
  // wait already, as after a decision that took its time, that Node would get no more: those have to go first.
  raw.pause();
  raw.read(raw.readableLength < raw.readableHighWaterMark ? 0 : undefined);
  // Node calls this on a connection when its last answer has left.
  raw.socket.destroySoon = () => closeInStages(raw.socket);
}

/** Whether there is nothing left to wait for; a body that is too slow is answered with 408, and its connection closed. */
function isOver({ raw }: FastifyRequest, arrival: Arrival, now: number): boolean {
  if (raw.complete || raw.destroyed) return true;
  const { bytesRead } = raw.socket;
  if (bytesRead > arrival.bytes) {
    arrival.bytes = bytesRead;
    arrival.heardAt = now;
  }
  // A handler that does not read on, as one whose database is busy, is no fault of the client.
  if (raw.readableLength > 0) arrival.heardAt = now;
  const seconds = (now - arrival.startedAt - PATIENCE_MS) / 1000;
  const isSilent = now - arrival.heardAt > SILENCE_MS;
  const isDripping =
    seconds > 0 && bytesRead - arrival.bytesBefore < seconds * LEAST_RATE && raw.readableLength === 0;
  if (!isSilent && !isDripping) return false;
  const tooSlow = Object.assign(new Error('The body stopped coming'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  answerClientError(tooSlow, raw.socket);
  return true;
}
