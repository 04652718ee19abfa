import { Socket } from 'node:net';

/** How long a server may take to accept a connection and to say its first word, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

/** How long a connection may take in all, the look-up of the server's name included, in milliseconds. */
export const CONNECTION_LIMIT_MS = 20_000;

/**
 * A socket that gives up on a server that is silent. The look-up of its name has more time: name servers that are asked
 * in vain let a resolver wait 5 s or 10 s before it asks the next one.
 */
export function timedSocket(): Socket {
  const socket = new Socket();
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    timer ??= setTimeout(() => {
      const error = new Error('The server did not answer in time');
      socket.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
    }, CONNECT_TIMEOUT_MS).unref();
  };
  const stop = () => clearTimeout(timer);
  // The first is emitted once the name is known, the second alone for Unix sockets.
  socket.once('connectionAttempt', start).once('connect', start);
  return socket.once('data', stop).once('close', stop);
}
