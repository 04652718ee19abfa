import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { type PlainProblemCode, titleOf } from '../problems/problem.codes.js';
import { SECURITY_HEADERS } from './security-headers.js';
import { closeInStages } from './staged-close.js';
import { ProblemException } from '../problems/problem.exception.js';
import { PROBLEM_TYPE, problemBody } from '../problems/problem.response.js';

/** Faults that Node finds before there is a request, by their code; all others are 400. */
const faults: Readonly<Record<string, PlainProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'body_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

const logger = new Logger('RequestLog');

/**
 * Answers what is no HTTP, too large or too slow as application/problem+json (RFC 9457), as far as the connection still
 * takes an answer, and closes it.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const exception = new ProblemException(faults[error.code ?? ''] ?? 'malformed_request');
  const { status, code } = exception.problem;
  const requestId = randomUUID();
  logger.log({ requestId, status, code });
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = problemBody(exception, requestId);
  const head = [
    `HTTP/1.1 ${status} ${titleOf(status)}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    ...Object.entries(SECURITY_HEADERS).map(([name, value]) => `${name}: ${value}`),
    'connection: close',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  closeInStages(socket);
}
