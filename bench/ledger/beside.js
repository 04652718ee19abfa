import { setTimeout as pause } from 'node:timers/promises';
import { TestIssuer } from '../../dist/testing/test-issuer.js';
import { createDatabase } from './database.js';
import { load, median } from './load.js';
import { startApi } from './program.js';
import { ownerName, settings } from './settings.js';

// What other people notice while files are imported: six clients of three subjects send files without a pause, and one
// sends files whose rows are all faulty.

const LIMIT_MS = 250;
const IMPORTERS = ['importer-1', 'importer-2', 'importer-3'].flatMap((subject) => [subject, subject]);
const good = `date,description,value\n${'2026-01-02,An imported row,1.25\n'.repeat(20_000)}`;
const faulty = `date,description,value\n${'2026-01-02,An imported row,x\n'.repeat(40_000)}`;

const print = (line) => process.stdout.write(`${line}\n`);
const cleanups = [];
const later = (cleanup) => cleanups.unshift(cleanup);

/** Imports one file after the other; who is told to come later comes later. */
async function importer(url, token, file, counts, isOver) {
  while (!isOver()) {
    const answer = await fetch(`${url}/expenses/import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv' },
      body: file,
    }).catch(() => undefined);
    // An answer that comes before the body was read closes the connection, which fetch may see first.
    const status = answer?.status ?? 'closed';
    await answer?.arrayBuffer().catch(() => undefined);
    counts[status] = (counts[status] ?? 0) + 1;
    if (status !== 201 && status !== 422) await pause(1000);
  }
}

const p99 = (rounds) => rounds.map((round) => round.p99);

try {
  const issuer = await TestIssuer.start();
  later(() => issuer.close());
  const database = await createDatabase(settings.fewRows);
  later(database.drop);
  const api = await startApi(issuer, database.url, settings.poolSize);
  later(api.stop);
  const token = (sub) => issuer.tokenFor({ sub, scopes: ['read:reports', 'create:expenses'] });
  const targets = Array.from({ length: settings.fewRows / settings.rowsPerOwner }, (_, index) => ({
    url: `${api.url}/?limit=${settings.limit}`,
    headers: { authorization: `Bearer ${token(ownerName(index))}` },
  }));
  const options = { connections: 2, seconds: settings.seconds };
  await load(targets, { ...options, seconds: 3 });

  const alone = [];
  const beside = [];
  const counts = {};
  for (let round = 0; round < settings.rounds; round++) {
    alone.push(await load(targets, options));
    let isOver = false;
    const files = [...IMPORTERS.map((subject) => [subject, good]), ['faulty', faulty]];
    const imports = files.map(([subject, file]) =>
      importer(api.url, token(subject), file, counts, () => isOver),
    );
    beside.push(await load(targets, options));
    isOver = true;
    await Promise.all(imports);
  }
  const all = p99(beside);
  const spread = `${Math.min(...all).toFixed(1)}-${Math.max(...all).toFixed(1)}`;
  print('| lists | alone | beside imports | limit | kept |\n|---|---|---|---|---|');
  print(
    `| p99 | ${median(p99(alone)).toFixed(1)} ms | ${median(all).toFixed(1)} ms (${spread}) | ${LIMIT_MS} ms | ` +
      `${median(all) < LIMIT_MS ? 'yes' : 'no'} |`,
  );
  print(`answers to imports: ${JSON.stringify(counts)}`);
} finally {
  for (const cleanup of cleanups) await cleanup();
}
