import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestIssuer } from '../../dist/testing/test-issuer.js';
import { createDatabase } from './database.js';
import { importByInserts, importByService } from './imports.js';
import { load, median } from './load.js';
import { start, startApi } from './program.js';
import { ownerName, settings } from './settings.js';

const print = (line) => process.stdout.write(`${line}\n`);

const cleanups = [];
const later = (cleanup) => cleanups.unshift(cleanup);

function report(name, ours, other, unit, { atLeast, atMost }) {
  const ratio = ours / other;
  const kept = atLeast === undefined ? ratio <= atMost : ratio >= atLeast;
  const limit = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
  const numbers = `${ours.toFixed(1)} against ${other.toFixed(1)} ${unit}`;
  print(`| ${name} | ${numbers} | ${ratio.toFixed(2)} | ${limit} | ${kept ? 'yes' : 'NO'} |`);
}

const token = (issuer, owner) => issuer.tokenFor({ sub: owner, scopes: ['read:reports', 'create:expenses'] });

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

/** The median of rounds that take turns. */
async function compare(targetsOfServers, options) {
  const results = targetsOfServers.map(() => []);
  for (const targets of targetsOfServers)
    await load(targets, { ...options, seconds: Math.min(options.seconds, 3) });
  for (let round = 0; round < settings.rounds; round++) {
    for (const [index, targets] of targetsOfServers.entries())
      results[index].push(await load(targets, options));
  }
  return results.map((rounds) => ({
    perSecond: median(rounds.map(({ perSecond }) => perSecond)),
    p50: median(rounds.map(({ p50 }) => p50)),
    p99: median(rounds.map(({ p99 }) => p99)),
  }));
}

async function startUpSeconds(issuer) {
  const folder = await mkdtemp(join(tmpdir(), 'ledger-bench-'));
  later(() => rm(folder, { recursive: true, force: true }));
  const headers = { authorization: `Bearer ${token(issuer, ownerName(1))}` };
  let seconds = 0;
  for (let time = 0; time < 2; time++) {
    const started = performance.now();
    const api = await startApi(issuer, `pglite:${folder}`, 1);
    later(api.stop);
    const answer = await fetch(api.url, { headers });
    if (answer.status !== 200) throw new Error(`The first answer was ${answer.status}`);
    seconds = (performance.now() - started) / 1000;
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

  const imports = { service: [], inserts: [] };
  for (let round = 0; round < 3; round++) {
    imports.service.push(await importByService(apiOfFew.url, token(issuer, 'importer')));
    imports.inserts.push(await importByInserts(few.url));
  }
  report('import', median(imports.service), median(imports.inserts), 'rows/s', { atLeast: 0.7 });
  report('start with PGlite', await startUpSeconds(issuer), 3, 's', { atMost: 1 });
} finally {
  for (const cleanup of cleanups) await cleanup();
}
