import { connect } from 'node:net';
import { cpuMicroseconds } from './process.js';

/**
 * Program: sends requests without a token, each on a connection of its own, and measures what they cost the server.
 *
 * Job: `port` and `pid` of the server; `bodyBytes`, of which as many are sent as the server takes before it closes the
 * connection; `warmUpMs`; `measureMs`. Any answer but 401 ends the job with an error.
 */
process.once('message', (job) => void run(job).then(report, fail));

const CONNECTIONS = 8;

async function run({ port, pid, bodyBytes, warmUpMs, measureMs }) {
  const head =
    `POST /expenses HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${bodyBytes}\r\n\r\n`;
  const request = Buffer.concat([Buffer.from(head), Buffer.alloc(bodyBytes, 'x')]);
  let answers = 0;
  const over = new AbortController();
  const workers = Array.from({ length: CONNECTIONS }, async () => {
    while (!over.signal.aborted) {
      await ask(port, request);
      answers++;
    }
  });
  await sleep(warmUpMs);
  const before = { answers, cpu: cpuMicroseconds(pid) };
  await sleep(measureMs);
  const result = {
    answers: answers - before.answers,
    serverCpuMicroseconds: (cpuMicroseconds(pid) - before.cpu) / (answers - before.answers),
  };
  over.abort();
  await Promise.all(workers);
  return result;
}

/** Sends a request, and waits for the answer and the end of the connection. */
function ask(port, request) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.latin1Slice();
    // As a client does that has what it wants.
    socket.end();
  });
  // The server closes while the body is on its way.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (answer.startsWith('HTTP/1.1 401 ')) resolve();
    else reject(new Error(`answered ${JSON.stringify(answer.slice(0, 40))}`));
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
