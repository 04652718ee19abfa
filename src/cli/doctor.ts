import { loadConfiguration } from '../config/config.module.js';
import { CommandError, printUsage, readArguments, run } from '../process/command.js';
import { examine, toText } from './doctor/doctor.js';

const USAGE = `npm run doctor [-- --json]
Checks the settings (.env and environment) against issuer, clock, database, Redis and what clients of the
running API find, and says what to do.
Ends with 1 when something keeps the API from working, or from working safely.`;

await run(async () => {
  const { values, positionals } = readArguments(
    { json: { type: 'boolean' }, help: { type: 'boolean' } },
    USAGE,
  );
  if (values.help) return printUsage(USAGE);
  if (positionals.length > 0) throw new CommandError(USAGE);
  const findings = await examine(async () => (await loadConfiguration()).environment);
  process.stdout.write(values.json ? `${JSON.stringify(findings, undefined, 2)}\n` : toText(findings));
  return findings.some(({ status }) => status === 'error') ? 1 : 0;
});
