import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chart } from './lib/chart.js';
import { summarize } from './lib/summary.js';
import { resultTables, setting } from './lib/tables.js';

const README = new URL('README.md', import.meta.url);
const RESULTS = new URL('results/', import.meta.url);
const CHART = 'results/chart.svg';
// The markers are prettier's own, so that generated tables need no padding.
const MARKED = /(<!-- prettier-ignore-start -->\n)[\s\S]*(<!-- prettier-ignore-end -->)/;

/** Writes a result's tables between the markers of README.md and its chart beside the results. */
export async function writeReport(result) {
  const summary = summarize(result);
  writeFileSync(new URL(CHART, import.meta.url), `${await chart(summary)}\n`);
  const text = [
    setting(result),
    `![Share of bare node:http by server, warm tokens and new ones](${CHART})`,
    resultTables(summary),
  ].join('\n\n');
  const readme = readFileSync(README, 'utf8');
  if (!MARKED.test(readme)) throw new Error('README.md has lost its results markers');
  writeFileSync(
    README,
    readme.replace(MARKED, (_, open, close) => `${open}\n${text}\n\n${close}`),
  );
}

// Run as a program: writes the report again, from the given file or the newest result.
if (import.meta.main) {
  const newest = () =>
    readdirSync(RESULTS)
      .filter((name) => name.endsWith('.json'))
      .toSorted()
      .at(-1);
  const file = process.argv[2] ?? new URL(newest(), RESULTS);
  await writeReport(JSON.parse(readFileSync(file, 'utf8')));
}
