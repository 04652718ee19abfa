import { parseArgs, type ParseArgsConfig } from 'node:util';
import { explainStartFailure } from './start-failure.js';

/** A command cannot do its work; the message tells its user why. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Options and arguments of a command line. */
export function readArguments<T extends NonNullable<ParseArgsConfig['options']>>(options: T, usage: string) {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw new CommandError(`${(error as Error).message}\n${usage}`);
  }
}

/** What `--help` prints. @returns the exit code */
export function printUsage(usage: string): number {
  process.stdout.write(`${usage}\n`);
  return 0;
}

/** Takes a command line that has no options but `--help`. @returns whether help was asked for, and given */
export function isHelp(usage: string): boolean {
  const { values, positionals } = readArguments({ help: { type: 'boolean' } }, usage);
  if (positionals.length > 0) throw new CommandError(usage);
  if (values.help) printUsage(usage);
  return values.help === true;
}

/**
 * Runs a command and sets the exit code: what it returns, or 2 when it could not do its work.
 *
 * @param main returns 0, or 1 when it found something that must be put right
 */
export async function run(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.stderr.write(`${error instanceof CommandError ? error.message : explainStartFailure(error)}\n`);
    process.exitCode = 2;
  }
}
