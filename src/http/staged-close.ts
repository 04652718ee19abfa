import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';

/** How long a client has to read its answer and to stop sending, in milliseconds. */
const PATIENCE_MS = 1000;
/** Most connections that wait at once; what their clients have sent is in the kernel's memory meanwhile. */
const MAX_WAITING = 100;

/** Longest body that is read although nobody wants it, in bytes. */
const SMALL_BODY = 16 * 1024;

const waiting = new Set<Socket>();

/**
 * Closes a connection in stages (RFC 9112, 9.6): our side at once, all of it a moment later. Nothing more is read of it.
 *
 * A connection that is closed while its client still sends is reset by the next of its bytes, and many clients throw
 * away an answer that they have not read by then. When too many connections wait already, it is closed as soon as what
 * was written has left.
 */
export function closeInStages(socket: Socket): void {
  socket.pause();
  if (waiting.size >= MAX_WAITING) {
    socket.end(() => socket.destroy());
    return;
  }
  socket.end();
  waiting.add(socket);
  const timer = setTimeout(() => socket.destroy(), PATIENCE_MS).unref();
  socket.once('close', () => {
    clearTimeout(timer);
    waiting.delete(socket);
  });
}

/**
 * Has the connection of a request closed in stages when it is answered, and the rest of its body left unread, if a long
 * one is on its way. A small rest is read and forgotten, and the connection kept.
 */
export function leaveLongBodyUnread({ raw, headers }: FastifyRequest, reply: FastifyReply): void {
  const isLong =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > SMALL_BODY;
  if (raw.complete || !isLong) return;
  void reply.header('connection', 'close');
  // Once somebody has asked for a body, Node does not read the rest of it when the answer has left; 0 bytes are enough.
  raw.pause();
  raw.read(0);
  // This is how Node closes a connection whose last answer has left.
  raw.socket.destroySoon = () => closeInStages(raw.socket);
}
