import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { summarizeCredentials } from './lib/credentials-summary.js';
import { ALGORITHMS } from './lib/keys.js';
import { installApi } from './lib/installation.js';
import { surroundings } from './lib/machine.js';
import { measureAlgorithm, measureBearer, measureBound, withIssuer } from './lib/measure.js';
import { ALGORITHM } from './lib/settings.js';
import { credentialsTables } from './lib/tables.js';
import { ensureTokens } from './lib/tokens.js';
import { writeCredentials } from './report.js';

/*
 * Program: measures AuthModule beside express-oauth2-jwt-bearer for new tokens of each algorithm, and for bound tokens
 * with a proof in each request; and AuthModule for remembered bearer tokens where bound ones are taken and where not.
 * Writes results/credentials-*.json and the section of README.md.
 *   --rounds n     rounds, default 5
 *   --dry          prints the table, writes nothing
 */
const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, dry: { type: 'boolean', default: false } },
});
const log = (text) => process.stderr.write(`${text}\n`);

const MODULE = 'nest-fastify-auth';
const SERVERS = [MODULE, 'express-oauth2-jwt-bearer'];
/** More than a server of these takes in a phase. */
const TOKENS = 60_000;
const times = { warmUpMs: 4_000, measureMs: 3_000 };
const rounds = Number(options.rounds);

for (const algorithm of ALGORITHMS) await ensureTokens(algorithm, TOKENS, log);
installApi();
const about = surroundings();
const measurements = [];
for (let round = 1; round <= rounds; round++) {
  for (const algorithm of ALGORITHMS) {
    await withIssuer(async () => {
      for (const server of SERVERS) {
        record(round, server, algorithm, await measureAlgorithm(server, algorithm, TOKENS, times));
      }
    }, algorithm);
  }
  await withIssuer(async () => {
    for (const server of SERVERS) record(round, server, 'bound', await measureBound(server, TOKENS, times));
    for (const takesBound of [false, true]) {
      const credential = takesBound ? 'bearer, bound ones taken' : 'bearer';
      record(round, MODULE, credential, await measureBearer(MODULE, takesBound, times));
    }
  }, ALGORITHM);
}

const result = { ...about, rounds, ...times, measurements };
process.stdout.write(`${credentialsTables(summarizeCredentials(result))}\n`);
if (!options.dry) {
  mkdirSync(new URL('results/', import.meta.url), { recursive: true });
  const file = new URL(`results/credentials-${result.date.slice(0, 10)}.json`, import.meta.url);
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  writeCredentials(result);
}

function record(round, server, credential, figures) {
  measurements.push({ round, server, credential, ...figures });
  log(`round ${round} ${server} ${credential}: ${figures.serverCpuMicroseconds.toFixed(1)} us CPU`);
}
