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
/** The least that a token can cost guards of Nest, and that the answers of an API can cost beside AuthModule. */
const LEAST_GUARDS = 'nest-fastify-guards-rs256';
const LEAST_ANSWERS = 'nest-fastify-auth-answers';
const PEERS = SERVERS.filter(
  ({ checksTokens, ours, isReference }) => checksTokens && !ours && !isReference,
).map(({ name }) => name);

/**
 * What the API sets itself: ratios of CPU time or memory, each taken within a round, and what the reference reaches that
 * does the least that can be done. `isMet` is undefined where the rounds do not agree. Left out are those of servers
 * that were not measured.
 */
function targets(measurements) {
  const find = (round, phase, server) =>
    measurements.find((each) => each.round === round && each.phase === phase && each.server === server);
  const cpu = (round, phase, server) => find(round, phase, server)?.serverCpuMicroseconds;
  const resident = (round, server) => find(round, 'warm', server)?.residentMiB;
  const cheapest = (round, servers) =>
    Math.min(...servers.map((server) => cpu(round, 'warm', server) ?? Infinity));
  const all = [
    {
      what: 'warm: AuthModule against the best peer',
      bound: 1.25,
      servers: [MODULE, LEAST_GUARDS],
      ratio: (r, server) => cheapest(r, PEERS) / cpu(r, 'warm', server),
    },
    {
      what: 'warm: AuthModule against two idle guards',
      bound: 0.85,
      servers: [MODULE, LEAST_GUARDS],
      ratio: (r, server) => cpu(r, 'warm', 'nest-fastify-guards') / cpu(r, 'warm', server),
    },
    {
      what: 'warm: the whole API against AuthModule',
      bound: 0.85,
      servers: [API, LEAST_ANSWERS],
      ratio: (r, server) => cpu(r, 'warm', MODULE) / cpu(r, 'warm', server),
    },
    ...['express-oauth2-jwt-bearer', 'express-jwt'].map((peer) => ({
      what: `new: AuthModule against ${peer}`,
      bound: 1.75,
      servers: [MODULE, LEAST_GUARDS],
      ratio: (r, server) => cpu(r, 'new', peer) / cpu(r, 'new', server),
    })),
    {
      what: 'new: AuthModule against bare node:http with one RS256 verification',
      bound: 0.5,
      servers: [MODULE, LEAST_GUARDS],
      ratio: (r, server) => cpu(r, 'new', 'node-http-rs256') / cpu(r, 'new', server),
    },
    {
      what: 'resident memory of the API with 10,000 remembered tokens, against plain Nest after the same load',
      bound: -1.25,
      servers: [API],
      ratio: (r, server) => resident(r, server) / resident(r, 'nest-fastify'),
    },
    {
      what: 'CPU of a request refused without a token: with 900 kB of body on its way, against one without',
      bound: -1.2,
      servers: [API, 'node-http-401'],
      ratio: (r, server) => {
        const figures = find(r, 'refused', server);
        return figures && figures.withBodyCpuMicroseconds / figures.withoutBodyCpuMicroseconds;
      },
    },
  ];
  const rounds = [...new Set(measurements.map(({ round }) => round))];
  const over = (ratio, server) => {
    const values = rounds.map((round) => ratio(round, server));
    return values.every((value) => value > 0 && value < Infinity) ? spread(values) : undefined;
  };
  return all.flatMap(({ what, bound, servers: [measured, reference], ratio }) => {
    const value = over(ratio, measured);
    return value ? [{ ...judge(what, bound, value), least: reference && over(ratio, reference) }] : [];
  });
}
