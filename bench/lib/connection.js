import { connect } from 'node:net';

const HEADER_END = Buffer.from('\r\n\r\n');
const READ_BUFFER_BYTES = 65_536;
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;

/**
 * One keep-alive connection that has at most one request under way (no pipelining).
 *
 * A general HTTP client on one core would be slower than the fastest server it is to measure, hence this small one.
 * It understands what the servers of the benchmark send: a status line, headers with Content-Length, a body.
 */
export class Connection {
  #socket;
  #header = Buffer.alloc(0);
  #missingBytes = 0;
  #status = 0;
  #length = 0;
  #sentAt = 0;
  #onAnswer;
  #ended = false;

  /**
   * @param port where the server listens on 127.0.0.1
   * @param onAnswer called with (status, body length, milliseconds since the request) after each whole answer
   * @param onClose called once with an error unless `end` was called before
   */
  constructor(port, onAnswer, onClose) {
    this.#onAnswer = onAnswer;
    const buffer = Buffer.allocUnsafe(READ_BUFFER_BYTES);
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer, callback: (length) => this.#read(buffer.subarray(0, length)) },
    });
    let failure;
    this.#socket.on('error', (error) => (failure = error));
    this.#socket.on('close', () =>
      onClose(this.#ended ? undefined : (failure ?? new Error('the server closed a connection'))),
    );
  }

  send(request) {
    this.#sentAt = performance.now();
    this.#socket.write(request);
  }

  end() {
    this.#ended = true;
    this.#socket.end();
  }

  #read(chunk) {
    if (this.#missingBytes > 0) return this.#readBody(chunk);
    const data = this.#header.length > 0 ? Buffer.concat([this.#header, chunk]) : chunk;
    const end = data.indexOf(HEADER_END);
    if (end < 0) {
      this.#header = Buffer.from(data);
      return true;
    }
    this.#header = Buffer.alloc(0);
    const head = data.latin1Slice(0, end);
    const length = CONTENT_LENGTH.exec(head);
    if (length === null) {
      this.#socket.destroy(new Error(`an answer without Content-Length: ${head}`));
      return false;
    }
    this.#status = Number(head.slice(9, 12));
    this.#length = Number(length[1]);
    this.#missingBytes = this.#length;
    return this.#readBody(data.subarray(end + HEADER_END.length));
  }

  #readBody(chunk) {
    this.#missingBytes -= chunk.length;
    if (this.#missingBytes < 0) {
      this.#socket.destroy(new Error('more bytes than Content-Length says'));
      return false;
    }
    if (this.#missingBytes === 0) {
      this.#onAnswer(this, this.#status, this.#length, performance.now() - this.#sentAt);
    }
    return true;
  }
}
