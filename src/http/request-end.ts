import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Socket } from 'node:net';

/** How a request ended. */
export interface RequestEnd {
  /** Whether the whole answer was handed to the connection; else the client has gone before. */
  readonly isDelivered: boolean;
  /** The status that was decided, even if the client did not wait for it; none when it had gone before there was one. */
  readonly status: number | undefined;
  /** Of the answer as it counts: the status, or 499 for a client that did not wait; nginx counts the same. */
  readonly countedAs: number;
  /** Since the head of the request arrived. */
  readonly durationMs: number;
}

/** Is told of the end of every request. Must not throw. */
export type RequestEndListener = (request: FastifyRequest, reply: FastifyReply, end: RequestEnd) => void;

declare module 'fastify' {
  interface FastifyInstance {
    /** Adds a listener that is told how each request ended, once and without exception. */
    onRequestEnd(listener: RequestEndListener): void;
  }
  interface FastifyRequest {
    /** Where a request is that its client no longer waits for. */
    progress: 'arriving' | 'handled' | 'abandoned' | 'ended' | undefined;
  }
}

const CLIENT_GONE = 499;
/** Methods whose handlers change nothing: nobody need know what they would have answered. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Knows how every request ended, and tells those who ask by `fastify.onRequestEnd`. Fastify's `onResponse` does not run
 * when the client has gone, so what hangs on it never hears of a write that was done all the same.
 *
 * A request ends when its answer has left, or when its client has gone; but a handler that may write is waited for, so
 * that its outcome is known. To be called before any other hook is added: what those refuse has an end, too.
 */
export function addRequestEnds(fastify: FastifyInstance): void {
  const listeners: RequestEndListener[] = [];
  const end = (reply: FastifyReply, status: number | undefined) => {
    const { request } = reply;
    if (request.progress === 'ended') return;
    request.progress = 'ended';
    const isDelivered = reply.raw.writableFinished || !isConnected(request);
    const countedAs = isDelivered && status !== undefined ? status : CLIENT_GONE;
    const ended = { isDelivered, status, countedAs, durationMs: reply.elapsedTime };
    for (const listener of listeners) listener(request, reply, ended);
  };
  const onClose = (reply: FastifyReply) => {
    const { raw, request } = reply;
    if (!raw.writableEnded && request.progress === 'handled') request.progress = 'abandoned';
    else end(reply, raw.writableEnded || raw.headersSent ? reply.statusCode : undefined);
  };

  fastify.decorate('onRequestEnd', (listener: RequestEndListener) => {
    listeners.push(listener);
  });
  fastify.decorateRequest('progress', undefined);
  fastify.addHook('onRequest', (request, reply, done) => {
    request.progress = 'arriving';
    whenClosed(reply, onClose);
    done();
  });
  fastify.addHook('onRoute', (route) => {
    if ([route.method].flat().every((method) => SAFE.has(method))) return;
    route.preHandler = [
      (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
        // Gone before anything was done: nothing need be done.
        if (request.progress === 'ended') {
          reply.hijack();
          return;
        }
        request.progress = 'handled';
        done();
      },
      ...[route.preHandler ?? []].flat(),
    ];
    route.onSend = [
      ...[route.onSend ?? []].flat(),
      (
        request: FastifyRequest,
        reply: FastifyReply,
        payload: unknown,
        done: (error: null, p: unknown) => void,
      ) => {
        if (request.progress === 'abandoned') end(reply, reply.statusCode);
        done(null, payload);
      },
    ];
  });
}

function isConnected({ raw }: FastifyRequest): boolean {
  return raw.socket instanceof Socket;
}

/** The replies on each connection that are not over yet. A client may send many requests on one, so they share a listener. */
const waiting = new WeakMap<Socket, Set<FastifyReply>>();

/**
 * Calls back once when the answer has left or the connection is gone. A response that waits behind others on its
 * connection gets no event of its own when that closes, so the connection is watched as well.
 */
function whenClosed(reply: FastifyReply, callback: (reply: FastifyReply) => void): void {
  const { raw, request } = reply;
  if (!isConnected(request)) {
    // A request of `inject`, which has no connection that could be lost.
    raw.once('finish', () => callback(reply));
    return;
  }
  const replies = waiting.get(request.raw.socket) ?? watch(request.raw.socket, callback);
  replies.add(reply);
  raw.on('close', () => {
    if (replies.delete(reply)) callback(reply);
  });
}

function watch(socket: Socket, callback: (reply: FastifyReply) => void): Set<FastifyReply> {
  const replies = new Set<FastifyReply>();
  waiting.set(socket, replies);
  socket.once('close', () => {
    for (const reply of replies) callback(reply);
  });
  return replies;
}
