import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

/** Statuses of faults that Node finds before there is a request, by their code; all others are 400. */
const STATUSES: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

const TOO_MANY_COOKIES =
  'Your browser sends too many cookies along, perhaps those of other applications with this name. ' +
  'Delete the cookies of this site in its settings, and open the page again.';

/** Answers what is no HTTP, too large or too slow, as far as the connection still takes an answer, and closes it. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUSES[error.code ?? ''] ?? 400;
  const title = STATUS_CODES[status] ?? '';
  const advice = status === 431 ? `<p>${TOO_MANY_COOKIES}</p>` : '';
  const body = `<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1>${advice}<p><a href="/">Go to the home page</a></p></html>`;
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    'content-type: text/html; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    "content-security-policy: default-src 'none'",
    'cache-control: no-store',
    'connection: close',
  ];
  // A client that sends on without reading would keep the connection open for ever.
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
