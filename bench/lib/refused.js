import { connect } from 'node:net';
import { cpuMicroseconds } from './process.js';

/**
 * Program: sends requests without a token, each on a connection of its own, and measures what they cost the server.
 *
 * Job: `port` and `pid` of the server; `bodyBytes`, of which as many are sent as the server takes before it closes the
 * connection; `warmUpMs`; `measureMs`. Any answer but 401 ends the job with an error.
 *
 * The server answers and closes while the body is on its way. Where it closes at once, the next write of this client can
 * meet the closed connection before the answer was read; then Node gives the error and the answer is lost: `lost` says of
 * how many requests. They cost the server what the others do, and count.
 */
process.once('message', (job) => void run(job).then(report, fail));

const CONNECTIONS = 8;
const CLOSED_WHILE_WRITING = new Set(['EPIPE', 'ECONNRESET']);

async function run({ port, pid, bodyBytes, warmUpMs, measureMs }) {
  const head =
    `POST /expenses HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${bodyBytes}\r\n\r\n`;
  const request = Buffer.concat([Buffer.from(head), Buffer.alloc(bodyBytes, 'x')]);
  let requests = 0;
  let lost = 0;
  const over = new AbortController();
  const workers = Array.from({ length: CONNECTIONS }, async () => {
    while (!over.signal.aborted) {
      if (!(await isAnswered(port, request))) lost++;
      requests++;
    }
  });
  await sleep(warmUpMs);
  const before = { requests, lost, cpu: cpuMicroseconds(pid) };
  await sleep(measureMs);
  const result = {
    requests: requests - before.requests,
    lost: lost - before.lost,
    serverCpuMicroseconds: (cpuMicroseconds(pid) - before.cpu) / (requests - before.requests),
  };
  over.abort();
  await Promise.all(workers);
  return result;
}

/**
 * Sends a request and waits until the connection has ended.
 *
 * @returns whether the answer, 401, arrived; false when the end of the connection came before it
 * @throws when there is another answer, or an end without one that was not an error of writing
 */
function isAnswered(port, request) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let answer = '';
  let failure;
  socket.on('data', (chunk) => (answer += chunk.latin1Slice()));
  // It has its answer, and stops sending, as a client does that may.
  socket.once('end', () => socket.destroy());
  socket.on('error', (error) => (failure = error));
  socket.on('close', () => {
    if (answer.startsWith('HTTP/1.1 401 ')) resolve(true);
    else if (answer === '' && CLOSED_WHILE_WRITING.has(failure?.code)) resolve(false);
    else
      reject(new Error(`answered ${JSON.stringify(answer.slice(0, 40))} (${failure?.code ?? 'no error'})`));
  });
  socket.write(request);
  return promise;
}

function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function report(result) {
  process.send({ result }, () => process.exit());
}

function fail(error) {
  process.send({ error: error.message }, () => process.exit(1));
}

process.send({ ready: true });
