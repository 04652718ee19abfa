import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chart } from './lib/chart.js';
import { summarizeCredentials } from './lib/credentials-summary.js';
import { summarize } from './lib/summary.js';
import { credentialsTables, resultTables, setting } from './lib/tables.js';

const README = new URL('README.md', import.meta.url);
const RESULTS = new URL('results/', import.meta.url);
const CHART = 'results/chart.svg';

/** Writes a result's tables into their section of README.md and its chart beside the results. */
export async function writeReport(result) {
  const summary = summarize(result);
  writeFileSync(new URL(CHART, import.meta.url), `${await chart(summary)}\n`);
  writeSection('Results', [
    setting(result),
    `![Share of bare node:http by server, warm tokens and new ones](${CHART})`,
    resultTables(summary),
  ]);
}

/** Writes the tables of a result of credentials.js into their section of README.md. */
export function writeCredentials(result) {
  writeSection('By algorithm, and with proofs', [
    setting(result),
    credentialsTables(summarizeCredentials(result)),
  ]);
}

/** Replaces what stands between the markers of a section; they are prettier's own, so that tables need no padding. */
function writeSection(title, paragraphs) {
  const readme = readFileSync(README, 'utf8');
  const marked = new RegExp(
    `(\\n## ${title}\\n(?:(?!\\n## )[^])*?<!-- prettier-ignore-start -->\\n)[^]*?(<!-- prettier-ignore-end -->)`,
  );
  if (!marked.test(readme)) throw new Error(`README.md has lost the section "${title}" or its markers`);
  const text = paragraphs.join('\n\n');
  writeFileSync(
    README,
    readme.replace(marked, (_, open, close) => `${open}\n${text}\n\n${close}`),
  );
}

// Run as a program: writes both reports again, from the newest results.
if (import.meta.main) {
  const newest = (pattern) => {
    const name = readdirSync(RESULTS)
      .filter((each) => pattern.test(each))
      .toSorted()
      .at(-1);
    return name && JSON.parse(readFileSync(new URL(name, RESULTS), 'utf8'));
  };
  await writeReport(newest(/^\d.*\.json$/));
  const credentials = newest(/^credentials-.*\.json$/);
  if (credentials) writeCredentials(credentials);
}
