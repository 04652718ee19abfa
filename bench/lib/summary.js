import { REFUSING_SERVERS, SERVERS } from './servers.js';
import { judge, spread } from './spread.js';

const LIMIT = 'node-http';

/**
 * Turns the measurements of all rounds into one row per server and phase.
 *
 * A share is taken within each round, against bare node:http in the same round and phase, before the median is
 * taken: what slows the machine for a minute slows both.
 *
 * @returns `{ warm: Row[], new: Row[], refused: RefusedRow[], targets: Target[] }`, rows in the order of the lists of
 * servers
 */
export function summarize({ measurements }) {
  const rows = { warm: rowsOf('warm', measurements), new: rowsOf('new', measurements) };
  return { ...rows, refused: refusedRows(measurements), targets: targets(measurements) };
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

function refusedRows(measurements) {
  return REFUSING_SERVERS.flatMap(({ name, label, ours = false }) => {
    const own = measurements.filter(({ phase, server }) => phase === 'refused' && server === name);
    if (own.length === 0) return [];
    const of = (value) => spread(own.map(value));
    return {
      label,
      ours,
      withoutBody: of((each) => each.withoutBodyCpuMicroseconds),
      withBody: of((each) => each.withBodyCpuMicroseconds),
      ratio: of((each) => each.withBodyCpuMicroseconds / each.withoutBodyCpuMicroseconds),
      lostShare: of((each) => each.lostAnswers / each.requestsWithBody),
    };
  });
}

const MODULE = 'nest-fastify-auth';
const API = 'expenses-api';
const PEERS = SERVERS.filter(({ checksTokens, ours }) => checksTokens && !ours).map(({ name }) => name);

/**
 * What the API sets itself: ratios of CPU time or memory, each taken within a round. `isMet` is undefined where the rounds
 * do not agree. Left out are those of servers that were not measured.
 */
function targets(measurements) {
  const find = (round, phase, server) =>
    measurements.find((each) => each.round === round && each.phase === phase && each.server === server);
  const cpu = (round, phase, server) => find(round, phase, server)?.serverCpuMicroseconds;
  const resident = (round, server) => find(round, 'warm', server)?.residentMiB;
  const cheapest = (round, servers) =>
    Math.min(...servers.map((server) => cpu(round, 'warm', server) ?? Infinity));
  const ratios = [
    ['warm: AuthModule against the best peer', 1.25, (r) => cheapest(r, PEERS) / cpu(r, 'warm', MODULE)],
    [
      'warm: AuthModule against two idle guards',
      0.85,
      (r) => cpu(r, 'warm', 'nest-fastify-guards') / cpu(r, 'warm', MODULE),
    ],
    ['warm: the whole API against AuthModule', 0.85, (r) => cpu(r, 'warm', MODULE) / cpu(r, 'warm', API)],
    ...['express-oauth2-jwt-bearer', 'express-jwt'].map((peer) => [
      `new: AuthModule against ${peer}`,
      1.75,
      (r) => cpu(r, 'new', peer) / cpu(r, 'new', MODULE),
    ]),
    [
      'new: AuthModule against bare node:http with one RS256 verification',
      0.5,
      (r) => cpu(r, 'new', 'node-http-rs256') / cpu(r, 'new', MODULE),
    ],
    [
      'resident memory of the API with 10,000 remembered tokens, against plain Nest after the same load',
      -1.25,
      (r) => resident(r, API) / resident(r, 'nest-fastify'),
    ],
    [
      'CPU of a request refused without a token: with 900 kB of body on its way, against one without',
      -1.2,
      (r) => {
        const figures = find(r, 'refused', API);
        return figures && figures.withBodyCpuMicroseconds / figures.withoutBodyCpuMicroseconds;
      },
    ],
  ];
  const rounds = [...new Set(measurements.map(({ round }) => round))];
  return ratios.flatMap(([what, bound, ratio]) => {
    const values = rounds.map(ratio);
    return values.every((value) => value > 0 && value < Infinity) ? [judge(what, bound, spread(values))] : [];
  });
}
