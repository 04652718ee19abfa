import { once } from 'node:events';
import { connect } from 'node:net';
import type { Answer } from './refusal.js';

/** Longest wait for the server to close the connection, in milliseconds: longer than it waits for a head. */
const PATIENCE_MS = 30_000;

/**
 * Sends bytes as they are, which no HTTP client would, and reads answers until the server closes the connection.
 *
 * @param url where the server listens
 * @param text the requests; the last one should ask for `connection: close`. Written as Latin-1, one byte a character
 */
export async function rawExchange(url: string, text: string): Promise<Answer[]> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('The server did not close the connection')));
  socket.write(text, 'latin1');
  await once(socket, 'close');
  return [...parseAnswers(Buffer.concat(chunks).toString('latin1'))];
}

/** Sends one request with these header lines, and reads the answer. */
export async function rawRequest(
  url: string,
  request: string,
  headers: string[] = [],
  body = '',
): Promise<Answer> {
  const lines = [request, 'host: api.example.com', 'connection: close', ...headers];
  if (body) lines.push(`content-length: ${Buffer.byteLength(body, 'latin1')}`);
  const [answer] = await rawExchange(url, `${lines.join('\r\n')}\r\n\r\n${body}`);
  if (!answer) throw new Error('The server closed the connection without an answer');
  return answer;
}

/**
 * Requests to the routes of `ReportsModule`, by their header lines.
 *
 * @param urlOf gives where the server listens, which is known when the tests run
 */
export function securedRequests(urlOf: () => string) {
  return {
    get: (...headers: string[]) => rawRequest(urlOf(), 'GET /secured HTTP/1.1', headers),
    getPath: (path: string, ...headers: string[]) => rawRequest(urlOf(), `GET ${path} HTTP/1.1`, headers),
    post: (type: string, body: string, ...headers: string[]) =>
      rawRequest(urlOf(), 'POST /secured HTTP/1.1', [`content-type: ${type}`, ...headers], body),
  };
}

function* parseAnswers(text: string): Generator<Answer> {
  for (let rest = text; rest !== '';) {
    const end = rest.indexOf('\r\n\r\n');
    const [status = '', ...lines] = rest.slice(0, end).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const length = Number(headers['content-length'] ?? 0);
    yield { statusCode: Number(status.split(' ')[1]), headers, body: rest.slice(end + 4, end + 4 + length) };
    rest = rest.slice(end + 4 + length);
  }
}
