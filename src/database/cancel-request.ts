import type { ClientBase } from 'pg';
import { connect } from 'node:net';

/** Request code of a CancelRequest (PostgreSQL, Message Formats). */
const CANCEL_REQUEST = 80_877_102;
const TIMEOUT_MS = 2_000;

/** What node-postgres knows of a connection, but does not declare. */
interface Cancellable {
  readonly host: string;
  readonly port: number;
  readonly processID: number;
  readonly secretKey: number;
}

/**
 * Asks the server to end the statement that a connection is waiting for, which then fails with SQLSTATE 57014. It takes a
 * connection of its own, and nobody answers: the server closes it.
 */
export function cancelStatement(client: ClientBase): void {
  const { host, port, processID, secretKey } = client as unknown as Cancellable;
  const message = Buffer.alloc(16);
  for (const [index, word] of [16, CANCEL_REQUEST, processID, secretKey].entries()) {
    message.writeInt32BE(word, index * 4);
  }
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  // Not ended by us, but by the server: PgBouncer 1.18 crashes when it finds the connection gone after the work.
  socket.write(message);
  socket.resume();
}
