import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { installApi } from './lib/installation.js';
import { surroundings } from './lib/machine.js';
import { checkAnswers, measureNew, measureRefused, measureWarm, withIssuer } from './lib/measure.js';
import { summarize } from './lib/summary.js';
import { resultTables } from './lib/tables.js';
import { REFUSING_SERVERS, SERVERS } from './lib/servers.js';
import { ALGORITHM, CACHE_FOLDER, CACHED_TOKENS, WARM_TOKENS } from './lib/settings.js';
import { ensureTokens } from './lib/tokens.js';
import { writeReport } from './report.js';

/*
 * Program: measures all servers and writes results/ and README.md.
 *   --quick        one round of 2 s, fewer tokens; the result stays in the cache folder
 *   --only a,b     only these servers (and node-http, which the shares refer to); stays in the cache folder
 *   --rounds n     rounds, default 5, or 1 with --quick
 */
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
  },
});
const log = (text) => process.stderr.write(`${text}\n`);

const times = options.quick ? { warmUpMs: 1_000, measureMs: 2_000 } : { warmUpMs: 7_000, measureMs: 4_000 };
const rounds = Number(options.rounds ?? (options.quick ? 1 : 5));
const newTokens = options.quick ? 80_000 : 300_000;
const tokenCount = WARM_TOKENS + Math.max(CACHED_TOKENS, newTokens);
const names = options.only?.split(',');
const unknown = names?.filter((only) => !SERVERS.some(({ name }) => name === only)) ?? [];
if (unknown.length > 0) throw new Error(`no such server: ${unknown.join(', ')}`);
const servers = SERVERS.filter(({ name }) => !names || name === 'node-http' || names.includes(name));

await ensureTokens(ALGORITHM, tokenCount, log);
installApi();
const about = surroundings();
const measurements = await withIssuer(async () => {
  for (const { name, checksTokens } of servers) await checkAnswers(name, checksTokens);
  log(`${servers.length} servers answer as they should`);
  return measureRounds();
});

const result = { ...about, rounds, ...times, measurements };
process.stdout.write(`${resultTables(summarize(result))}\n`);
if (options.quick || options.only) {
  mkdirSync(CACHE_FOLDER, { recursive: true });
  writeFileSync(`${CACHE_FOLDER}result.json`, JSON.stringify(result, null, 2));
} else {
  mkdirSync(new URL('results/', import.meta.url), { recursive: true });
  const file = new URL(`results/${result.date.slice(0, 10)}.json`, import.meta.url);
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  await writeReport(result);
}

/** Interleaved: each round measures every server once, so a slow minute of the machine hits all alike. */
async function measureRounds() {
  const all = [];
  for (let round = 1; round <= rounds; round++) {
    for (const { name, checksTokens } of servers) {
      for (const phase of ['warm', 'new']) {
        const figures =
          phase === 'warm'
            ? await measureWarm(name, times)
            : await measureNew(name, checksTokens, tokenCount, times);
        all.push({ round, server: name, phase, ...figures });
        log(
          `round ${round} ${name} ${phase}: ${Math.round(figures.requestsPerSecond)} req/s, ` +
            `${figures.serverCpuMicroseconds.toFixed(1)} us CPU, p99 ${figures.p99Ms.toFixed(1)} ms, ` +
            `${Math.round(figures.residentMiB)} MiB, generator ${Math.round(figures.generatorBusyShare * 100)} %`,
        );
      }
    }
    for (const { name } of names && !names.includes('expenses-api') ? [] : REFUSING_SERVERS) {
      const figures = await measureRefused(name, times);
      all.push({ round, server: name, phase: 'refused', ...figures });
      log(`round ${round} ${name} refused: ${JSON.stringify(figures)}`);
    }
  }
  return all;
}
