import { deepStrictEqual, strictEqual } from 'node:assert';
import { signingKey } from './keys.js';
import { nextMessage, residentMiB, startPinned, stop } from './process.js';
import { REFUSING_SERVERS, SERVERS } from './servers.js';
import {
  ALGORITHM,
  CACHED_TOKENS,
  EXPENSES,
  LOAD_CORE,
  REFUSED_BODY_BYTES,
  SERVER_CORE,
  WARM_TOKENS,
} from './settings.js';
import { accessToken } from './tokens.js';

const JOB_LIMIT_MS = 120_000;

/** Starts a server, by default for tokens of the main comparison, gives it to `use` and stops it whatever happens. */
async function withServer(name, use, { algorithm = ALGORITHM, takesBound = false } = {}) {
  const server = [...SERVERS, ...REFUSING_SERVERS].find((one) => one.name === name);
  const { child, message } = await startPinned(
    SERVER_CORE,
    './serve.js',
    [name, algorithm, ...(takesBound ? ['bound'] : [])],
    server,
  );
  try {
    return await use({ port: message.port, pid: child.pid });
  } finally {
    await stop(child);
  }
}

/** Starts the issuer of an algorithm, gives way to `use` and stops it whatever happens. */
export async function withIssuer(use, algorithm = ALGORITHM) {
  const { child } = await startPinned(LOAD_CORE, './issuer.js', [algorithm]);
  try {
    return await use();
  } finally {
    await stop(child);
  }
}

/**
 * Asks a server the questions whose answers make a comparison fair: the right body for a good token and, where it
 * claims to check tokens, 401 for none, a forged, an expired one and one for another API, 403 without the scope.
 *
 * @throws AssertionError naming the case
 */
export async function checkAnswers(name, checksTokens) {
  const key = signingKey(ALGORITHM);
  const good = await accessToken(key);
  const [header, payload, signature] = good.split('.');
  const forged = `${header}.${payload}.${signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}`;
  const refused = [
    ['no token', undefined, 401],
    ['a forged token', forged, 401],
    ['an expired token', await accessToken(key, { exp: Math.floor(Date.now() / 1000) - 60 }), 401],
    ['a token for another API', await accessToken(key, { aud: 'https://other-api' }), 401],
    ['a token without the scope', await accessToken(key, { scope: 'openid', permissions: [] }), 403],
  ];
  await withServer(name, async ({ port }) => {
    const get = (token) =>
      fetch(`http://127.0.0.1:${port}/`, { headers: token ? { authorization: `Bearer ${token}` } : {} });
    const response = await get(good);
    strictEqual(response.status, 200, `${name} refuses a good token`);
    deepStrictEqual(await response.json(), EXPENSES, `${name} answers another body`);
    for (const [what, token, status] of checksTokens ? refused : []) {
      strictEqual((await get(token)).status, status, `${name} and ${what}`);
    }
  });
}

/** Every token was used before measuring; afterwards 10,000 further ones are sent once and memory is read. */
export async function measureWarm(name, { warmUpMs, measureMs }) {
  return withServer(name, async (server) => {
    const figures = await load(server, { from: 0, to: WARM_TOKENS, once: false, warmUpMs, measureMs });
    await load(server, { from: WARM_TOKENS, to: WARM_TOKENS + CACHED_TOKENS, once: true, warmUpMs: 0 });
    return { ...figures, residentMiB: residentMiB(server.pid) };
  });
}

/** Bearer tokens that are remembered, by a server that takes bound ones, or does not. */
export async function measureBearer(name, takesBound, { warmUpMs, measureMs }) {
  const job = { from: 0, to: WARM_TOKENS, once: false, warmUpMs, measureMs };
  return withServer(name, (server) => load(server, job), { takesBound });
}

/** Every token is sent once only. Servers that do not check tokens may see them again, or they would run out. */
export async function measureNew(name, checksTokens, tokenCount, { warmUpMs, measureMs }) {
  return withServer(name, async (server) => {
    const job = { from: WARM_TOKENS, to: tokenCount, once: checksTokens, warmUpMs, measureMs };
    const figures = await load(server, job);
    return { ...figures, residentMiB: residentMiB(server.pid) };
  });
}

/** As `measureNew`, of tokens `0` to `tokenCount` of an algorithm. */
export async function measureAlgorithm(name, algorithm, tokenCount, { warmUpMs, measureMs }) {
  const job = { algorithm, from: 0, to: tokenCount, once: true, warmUpMs, measureMs };
  return withServer(name, (server) => load(server, job), { algorithm });
}

/** Bound tokens that are all seen before measuring, with a new proof in each of `count` requests. */
export async function measureBound(name, count, { warmUpMs, measureMs }) {
  const job = { bound: count, once: true, warmUpMs, measureMs };
  return withServer(name, (server) => load(server, job), { takesBound: true });
}

/** Requests without a token: what one costs without a body, and with one of which most is on its way. */
export async function measureRefused(name, { warmUpMs, measureMs }) {
  return withServer(name, async (server) => {
    const cost = (bodyBytes) => generate('./refused.js', server, { bodyBytes, warmUpMs, measureMs });
    const without = await cost(0);
    const withBody = await cost(REFUSED_BODY_BYTES);
    return {
      withoutBodyCpuMicroseconds: without.serverCpuMicroseconds,
      withBodyCpuMicroseconds: withBody.serverCpuMicroseconds,
      requestsWithBody: withBody.requests,
      lostAnswers: withBody.lost,
    };
  });
}

function load(server, job) {
  return generate('./load.js', server, {
    algorithm: ALGORITHM,
    ...job,
    bodyLength: Buffer.byteLength(JSON.stringify(EXPENSES)),
  });
}

async function generate(program, { port, pid }, job) {
  const { child } = await startPinned(LOAD_CORE, program);
  try {
    child.send({ ...job, port, pid });
    const { result, error } = await nextMessage(child, 'the load generator', JOB_LIMIT_MS);
    if (error) throw new Error(error);
    return result;
  } finally {
    await stop(child);
  }
}
