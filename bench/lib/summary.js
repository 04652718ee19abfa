import { SERVERS } from './servers.js';

const LIMIT = 'node-http';
const UNGUARDED_NEST = 'nest-fastify';

/** Median, least and greatest of some numbers. */
export function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}

/**
 * Turns the measurements of all rounds into one row per server and phase.
 *
 * A share is taken within each round, against bare node:http in the same round and phase, before the median is
 * taken: what slows the machine for a minute slows both.
 *
 * @returns `{ warm: Row[], new: Row[], targets: Target[] }`, rows in the order of the list of servers
 */
export function summarize({ measurements }) {
  const rows = { warm: rowsOf('warm', measurements), new: rowsOf('new', measurements) };
  return { ...rows, targets: targets(rows) };
}

function rowsOf(phase, measurements) {
  const ofPhase = measurements.filter((measurement) => measurement.phase === phase);
  const limits = new Map(ofPhase.filter(({ server }) => server === LIMIT).map((each) => [each.round, each]));
  const measured = new Set(ofPhase.map(({ server }) => server));
  return SERVERS.filter(({ name }) => measured.has(name)).map(
    ({ name, label, checksTokens, ours = false }) => {
      const own = ofPhase.filter(({ server }) => server === name);
      const of = (value) => spread(own.map(value));
      return {
        name,
        label,
        checksTokens,
        ours,
        requestsPerSecond: of((each) => each.requestsPerSecond),
        share: of((each) => each.requestsPerSecond / limits.get(each.round).requestsPerSecond),
        cpuMicroseconds: of((each) => each.serverCpuMicroseconds),
        cpuShare: of((each) => limits.get(each.round).serverCpuMicroseconds / each.serverCpuMicroseconds),
        p50Ms: of((each) => each.p50Ms),
        p99Ms: of((each) => each.p99Ms),
        residentMiB: of((each) => each.residentMiB),
      };
    },
  );
}

/** What the API sets itself, each with the measured figure; empty when a server needed for it was not measured. */
function targets(rows) {
  const nest = rows.warm.find(({ name }) => name === UNGUARDED_NEST);
  const ours = { warm: rows.warm.find((row) => row.ours), new: rows.new.find((row) => row.ours) };
  const best = { warm: bestPeer(rows.warm), new: bestPeer(rows.new) };
  if (!ours.warm || !nest || !best.warm) return [];
  const ratio = (phase) => ours[phase].requestsPerSecond.median / best[phase].requestsPerSecond.median;
  const p99 = ours.warm.p99Ms.median / nest.p99Ms.median;
  const memory = ours.warm.residentMiB.median;
  return [
    atLeast('warm tokens, share of bare node:http', 0.7, ours.warm.share.median),
    atLeast(`warm tokens, times the best peer (${best.warm.label})`, 1.25, ratio('warm')),
    atLeast('new tokens, share of bare node:http', 0.3, ours.new.share.median),
    atLeast(`new tokens, times the best peer (${best.new.label})`, 2, ratio('new')),
    { what: 'warm p99, times Nest without authentication', target: 'at most 2', value: p99, met: p99 <= 2 },
    { what: 'resident MiB, 10,000 tokens cached', target: 'under 150', value: memory, met: memory < 150 },
  ];
}

function atLeast(what, target, value) {
  return { what, target: `at least ${target}`, value, met: value >= target };
}

function bestPeer(rows) {
  const peers = rows.filter((row) => row.checksTokens && !row.ours);
  return peers.toSorted((a, b) => b.requestsPerSecond.median - a.requestsPerSecond.median)[0];
}
