import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestIssuer } from '../../dist/testing/test-issuer.js';
import { createDatabase } from './database.js';
import { importByInserts, importByService } from './imports.js';
import { residentMiB } from '../lib/process.js';
import { load, median } from './load.js';
import { startPooler } from './pooler.js';
import { start, startApi } from './program.js';
import { ownerName, settings } from './settings.js';

const print = (line) => process.stdout.write(`${line}\n`);

const cleanups = [];
const later = (cleanup) => cleanups.unshift(cleanup);

/** A line of the table: medians of all rounds, and of the ratios within the rounds median, least and greatest. */
function report(name, ours, others, unit, { atLeast, atMost }) {
  const ratios = ours.map((value, round) => value / others[round]);
  const ratio = median(ratios);
  const kept = atLeast === undefined ? ratio <= atMost : ratio >= atLeast;
  const limit = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
  const numbers = `${median(ours).toFixed(1)} against ${median(others).toFixed(1)} ${unit}`;
  const spread = `${ratio.toFixed(2)} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`;
  print(`| ${name} | ${numbers} | ${spread} | ${limit} | ${kept ? 'yes' : '**no**'} |`);
}

const scopes = ['read:reports', 'create:expenses', 'read:all_reports'];
const token = (issuer, owner) => issuer.tokenFor({ sub: owner, scopes });

function listTargets(url, owners, issuer) {
  return owners.map((owner) =>
    issuer
      ? {
          url: `${url}/?limit=${settings.limit}`,
          headers: { authorization: `Bearer ${token(issuer, owner)}` },
        }
      : { url: `${url}/?limit=${settings.limit}&owner=${owner}`, headers: {} },
  );
}

/** Rounds of several servers that take turns; of each server what was measured in each round. */
async function compare(targetsOfServers, options) {
  const results = targetsOfServers.map(() => []);
  for (const targets of targetsOfServers)
    await load(targets, { ...options, seconds: Math.min(options.seconds, 3) });
  for (let round = 0; round < settings.rounds; round++) {
    for (const [index, targets] of targetsOfServers.entries())
      results[index].push(await load(targets, options));
  }
  return results.map((rounds) => {
    const all = (figure) => rounds.map((round) => round[figure]);
    return { perSecond: all('perSecond'), p50: all('p50'), p99: all('p99') };
  });
}

/** Reads the whole table as CSV; what that takes of memory beyond what the API had before, in MiB. */
async function exportAll({ url, pid }, issuer) {
  const before = residentMiB(pid);
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, residentMiB(pid))), 100);
  const started = performance.now();
  const answer = await fetch(`${url}/?owner=*`, {
    headers: { authorization: `Bearer ${token(issuer, 'auditor')}`, accept: 'text/csv' },
  });
  let lines = -1; // the header
  for await (const chunk of answer.body) for (const byte of chunk) if (byte === 10) lines++;
  clearInterval(watch);
  if (lines !== settings.rows) throw new Error(`The export has ${lines} rows`);
  return { rise: most - before, perSecond: (lines / (performance.now() - started)) * 1000 };
}

/** Seconds to the first answer, of one start for each round; the one that makes the folder is not counted. */
async function startUpSeconds(issuer) {
  const folder = await mkdtemp(join(tmpdir(), 'ledger-bench-'));
  later(() => rm(folder, { recursive: true, force: true }));
  const headers = { authorization: `Bearer ${token(issuer, ownerName(1))}` };
  const seconds = [];
  for (let round = 0; round <= settings.rounds; round++) {
    const started = performance.now();
    const api = await startApi(issuer, `pglite:${folder}`, 1);
    later(api.stop);
    const answer = await fetch(api.url, { headers });
    if (answer.status !== 200) throw new Error(`The first answer was ${answer.status}`);
    if (round > 0) seconds.push((performance.now() - started) / 1000);
    await api.stop();
  }
  return seconds;
}

try {
  const issuer = await TestIssuer.start();
  later(() => issuer.close());
  print(`${settings.rows} and ${settings.fewRows} rows are made ...`);
  const many = await createDatabase(settings.rows);
  later(many.drop);
  const few = await createDatabase(settings.fewRows);
  later(few.drop);
  const api = await startApi(issuer, many.url, settings.poolSize);
  later(api.stop);
  const raw = await start('raw-server.js', { args: [many.url, String(settings.poolSize)] });
  later(raw.stop);
  const apiOfFew = await startApi(issuer, few.url, settings.poolSize);
  later(apiOfFew.stop);

  const { seconds, connections } = settings;
  const manyOwners = settings.rows / settings.rowsPerOwner;
  const owners = Array.from({ length: settings.callers }, (_, index) =>
    ownerName(Math.floor((index * manyOwners) / settings.callers)),
  );
  const fewOwners = owners.map((_, index) => ownerName(index % (settings.fewRows / settings.rowsPerOwner)));

  print('| measure | ours against the yardstick | ratio | limit | kept |\n|---|---|---|---|---|');
  const [ours, bare] = await compare([listTargets(api.url, owners, issuer), listTargets(raw.url, owners)], {
    connections,
    seconds,
  });
  report('list', ours.perSecond, bare.perSecond, 'requests/s', { atLeast: 0.8 });
  report('list, p99', ours.p99, bare.p99, 'ms', { atMost: 2 });

  const [ofMany, ofFew] = await compare(
    [listTargets(api.url, owners, issuer), listTargets(apiOfFew.url, fewOwners, issuer)],
    { connections: 1, seconds: seconds / 2 },
  );
  report(`list of ${settings.rows} rows`, ofMany.p50, ofFew.p50, 'ms', { atMost: 1.3 });

  const pooler = await startPooler();
  if (pooler) {
    later(pooler.stop);
    const pooled = await startApi(issuer, pooler.through(many.url), settings.poolSize);
    later(pooled.stop);
    const [through, directly] = await compare(
      [listTargets(pooled.url, owners, issuer), listTargets(api.url, owners, issuer)],
      { connections, seconds },
    );
    report('list through PgBouncer', through.perSecond, directly.perSecond, 'requests/s', { atLeast: 0.5 });
    await pooled.stop();
  }

  const imports = { service: [], inserts: [] };
  for (let round = 0; round < settings.rounds; round++) {
    imports.service.push(await importByService(apiOfFew.url, token(issuer, 'importer')));
    imports.inserts.push(await importByInserts(few.url));
  }
  report('import', imports.service, imports.inserts, 'rows/s', { atLeast: 0.7 });
  const { rise, perSecond } = await exportAll(api, issuer);
  report(`memory of an export at ${Math.round(perSecond)} rows/s`, [rise], [50], 'MiB', { atMost: 1 });
  const starts = await startUpSeconds(issuer);
  report('start with PGlite', starts, Array(starts.length).fill(3), 's', { atMost: 1 });
} finally {
  for (const cleanup of cleanups) await cleanup();
}
