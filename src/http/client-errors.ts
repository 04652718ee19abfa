import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM_TYPE, problemBody } from './problem.response.js';

/** Faults that Node finds before there is a request, by their code; all others are 400. */
const faults: Readonly<Record<string, { status: number; code: string; detail: string }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, code: 'headers_too_large', detail: 'The headers are too large' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, code: 'body_too_large', detail: 'The body is too large' },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'request_timeout',
    detail: 'The request took too long to arrive',
  },
};
const malformed = { status: 400, code: 'malformed_request', detail: 'The request is malformed' };

const logger = new Logger('RequestLog');

/**
 * Answers what is no HTTP, too large or too slow as application/problem+json (RFC 9457), as far as the connection still
 * takes an answer, and closes it.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const { status, code, detail } = faults[error.code ?? ''] ?? malformed;
  const requestId = randomUUID();
  logger.log({ requestId, status, code });
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = problemBody({ status, code, detail }, requestId);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'cache-control: no-store',
    'connection: close',
  ];
  // A client that sends on without reading would keep the connection open for ever.
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
