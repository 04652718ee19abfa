import { Agent, request } from 'node:http';

/** Sends one request and reads the answer to its end. */
function send(agent, url, headers) {
  const { promise, resolve, reject } = Promise.withResolvers();
  request(url, { agent, headers }, (answer) => {
    if (answer.statusCode !== 200) reject(new Error(`${url} answered ${answer.statusCode}`));
    answer.resume().once('end', resolve).once('error', reject);
  })
    .once('error', reject)
    .end();
  return promise;
}

/**
 * Sends requests over kept connections, each of them one after the other.
 *
 * @param targets taken in turn, `{ url, headers }`
 * @returns requests per second, and the median and the 99th percentile of the latency in milliseconds
 */
export async function load(targets, { connections, seconds }) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latencies = [];
  const started = performance.now();
  const deadline = started + seconds * 1000;
  let next = 0;
  const worker = async () => {
    while (performance.now() < deadline) {
      const { url, headers } = targets[next++ % targets.length];
      const sent = performance.now();
      await send(agent, url, headers);
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  const elapsed = performance.now() - started;
  agent.destroy();
  latencies.sort((a, b) => a - b);
  const percentile = (share) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  return { perSecond: (latencies.length / elapsed) * 1000, p50: percentile(0.5), p99: percentile(0.99) };
}

export function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
