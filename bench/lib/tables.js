const TITLES = {
  warm: 'Warm: 1,000 tokens, all seen before measuring',
  new: 'New: every token is seen once',
};

/** The Markdown tables of a summary: one per phase, the refusals, then the targets. */
export function resultTables(summary) {
  const phases = ['warm', 'new'].map((phase) => `### ${TITLES[phase]}\n\n${phaseTable(summary[phase])}`);
  const refused =
    summary.refused.length > 0
      ? [`### Refused: requests without a token\n\n${refusedTable(summary.refused)}`]
      : [];
  return [...phases, ...refused, ...(summary.targets.length > 0 ? [targetTable(summary.targets)] : [])].join(
    '\n\n',
  );
}

/** The Markdown tables of what is measured by credential: CPU time a request, then the targets. */
export function credentialsTables({ rows, targets }) {
  const figures = rows.map(({ what, module, peer, ratio }) => [
    what,
    `${ranged(module, 1)} us`,
    `${ranged(peer, 1)} us`,
    ranged(ratio, 2),
  ]);
  return [
    table(['', '**AuthModule**', 'express-oauth2-jwt-bearer', 'ratio'], figures),
    targetTable(targets),
  ].join('\n\n');
}

/** Where a result was measured and with what, as Markdown. */
export function setting({ date, machine, node, versions, rounds, warmUpMs, measureMs }) {
  const libraries = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `Measured on ${date.slice(0, 10)}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ` +
      `${machine.kernel}, Node ${node.slice(1)}; load average before ${machine.loadAverageBefore.toFixed(2)}. ` +
      `${rounds} interleaved rounds of ${measureMs / 1000} s after ${warmUpMs / 1000} s of warm-up; ` +
      'medians, in brackets least and greatest.',
    `Libraries: ${libraries.join(', ')}.`,
  ].join('\n\n');
}

function phaseTable(rows) {
  return table(
    [
      'server',
      'req/s',
      'share of bare node:http',
      'CPU per request',
      'share by CPU',
      'p50',
      'p99',
      'resident',
    ],
    rows.map((row) => [
      row.ours ? `**${row.label}**` : row.label,
      ranged(row.requestsPerSecond, 0),
      ranged(row.share, 2),
      `${ranged(row.cpuMicroseconds, 1)} us`,
      row.cpuShare.median.toFixed(2),
      `${row.p50Ms.median.toFixed(2)} ms`,
      `${row.p99Ms.median.toFixed(2)} ms`,
      `${row.residentMiB.median.toFixed(0)} MiB`,
    ]),
  );
}

function refusedTable(rows) {
  return table(
    [
      'server',
      'CPU per request, no body',
      '900 kB of body on its way',
      'ratio',
      'answers lost by the client',
    ],
    rows.map((row) => [
      row.ours ? `**${row.label}**` : row.label,
      `${ranged(row.withoutBody, 0)} us`,
      `${ranged(row.withBody, 0)} us`,
      ranged(row.ratio, 2),
      `${(row.lostShare.median * 100).toFixed(2)} %`,
    ]),
  );
}

function targetTable(targets) {
  const head = ['ratio, by CPU time unless it says memory', 'goal', 'measured', 'met'];
  const rows = targets.map(({ what, goal, value, isMet }) => [what, goal, ranged(value, 2), verdict(isMet)]);
  if (targets.some(({ least }) => least)) {
    head.push('by the least that can be done');
    for (const [i, { least }] of targets.entries()) rows[i].push(least ? ranged(least, 2) : '');
  }
  return `### Targets\n\n${table(head, rows)}`;
}

function verdict(isMet) {
  if (isMet === undefined) return 'too noisy to say';
  return isMet ? 'yes' : '**no**';
}

function ranged({ median, min, max }, digits) {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}-${max.toFixed(digits)})`;
}

function table(head, rows) {
  return [line(head), line(head.map((_, i) => (i ? '---:' : '---'))), ...rows.map(line)].join('\n');
}

function line(cells) {
  return `| ${cells.join(' | ')} |`;
}
