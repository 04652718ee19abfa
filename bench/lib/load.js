import { build } from 'hdr-histogram-js';
import { Connection } from './connection.js';
import { cpuMicroseconds } from './process.js';
import { bearerRequests, boundRequests } from './requests.js';
import { CONNECTIONS } from './settings.js';

/**
 * Program: the load generator. Does one job, given as a message of the runner, and answers with the figures.
 *
 * Job: `port` and `pid` of the server; `algorithm` of the tokens; `from`, `to` into the pool, or `bound`: how many requests
 * to make with bound tokens and proofs instead; `once`: stop when every request was sent once, otherwise begin again; `warmUpMs`; `measureMs` (absent: until the tokens are used up); `bodyLength` in bytes.
 * Any answer but 200 with a body of that length ends the job with an error.
 */
process.once('message', (job) => void run(job).then(report, fail));

async function run(job) {
  const requests = job.bound
    ? await boundRequests(job.algorithm, job.bound)
    : bearerRequests(job.algorithm, job.from, job.to);
  const latencies = build({ highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: 3 });
  const closed = Promise.withResolvers();
  let sent = 0;
  let answers = 0;
  let open = CONNECTIONS;
  let measuring = false;
  let stopping = false;
  const next = (connection) => {
    if (stopping || (job.once && sent === requests.length)) connection.end();
    else connection.send(requests[sent++ % requests.length]);
  };
  const answered = (connection, status, length, milliseconds) => {
    if (status !== 200 || length !== job.bodyLength) {
      closed.reject(new Error(`answer ${sent}: status ${status}, ${length} bytes`));
    }
    if (measuring) {
      answers++;
      latencies.recordValue(Math.max(1, Math.round(milliseconds * 1000)));
    }
    next(connection);
  };
  const onClose = (error) => {
    if (error) closed.reject(error);
    if (--open === 0) closed.resolve();
  };
  for (let i = 0; i < CONNECTIONS; i++) next(new Connection(job.port, answered, onClose));

  // The generator never sleeps. One that does is woken by the server's write, which on a virtual machine costs the server
  // up to 17 us of kernel time per answer: more than clients on other machines would, and more for slow servers than
  // for fast ones.
  let idleMs = 0;
  let lastTurn = performance.now();
  let answersBefore = 0;
  const turn = () => {
    const now = performance.now();
    if (measuring && answers === answersBefore) idleMs += now - lastTurn;
    lastTurn = now;
    answersBefore = answers;
    if (open > 0) setImmediate(turn);
  };
  turn();

  const allClosed = closed.promise.then(() => true);
  await Promise.race([allClosed, sleep(job.warmUpMs)]);
  // Warm means that the server has seen every token.
  while (!job.once && sent < requests.length) await Promise.race([allClosed, sleep(10)]);
  const start = readings(job.pid);
  measuring = true;
  const usedUp = await Promise.race(job.measureMs ? [allClosed, sleep(job.measureMs)] : [allClosed]);
  const end = readings(job.pid);
  measuring = false;
  stopping = true;
  await allClosed;
  if (answers === 0) throw new Error('the tokens were used up before measuring began: make a larger pool');

  const seconds = (end.time - start.time) / 1000;
  return {
    answers,
    seconds,
    usedUp: usedUp === true,
    requestsPerSecond: answers / seconds,
    p50Ms: latencies.getValueAtPercentile(50) / 1000,
    p99Ms: latencies.getValueAtPercentile(99) / 1000,
    maxMs: latencies.maxValue / 1000,
    serverCpuMicroseconds: (end.server - start.server) / answers,
    serverCpuShare: (end.server - start.server) / 1e6 / seconds,
    generatorBusyShare: 1 - idleMs / 1000 / seconds,
  };
}

function readings(pid) {
  return { time: performance.now(), server: cpuMicroseconds(pid) };
}

function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, false));
}

function report(result) {
  process.send({ result }, () => process.exit());
}

function fail(error) {
  process.send({ error: error.message }, () => process.exit(1));
}

process.send({ ready: true });
