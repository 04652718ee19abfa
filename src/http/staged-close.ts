import type { Socket } from 'node:net';

/** How long a client has to read its answer and to stop sending, in milliseconds. */
const PATIENCE_MS = 1000;
/** Most connections that wait at once; what their clients have sent is in the kernel's memory meanwhile. */
const MAX_WAITING = 100;

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
