/**
 * `node scripts/run.ts PROGRAM FILE [argument ...]`: compiles a program (api, issuer or web) if its sources have changed,
 * and becomes its `dist/FILE`. The process stays the same, so that signals and standard input reach it without a detour.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildIfChanged, type ProgramName, programs } from './build/build.ts';

const [name, file = '', ...parameters] = process.argv.slice(2);

const program = programs[name as ProgramName];
// Standard output belongs to the program.
const say = (line: string) => process.stderr.write(`${line}\n`);
await buildIfChanged(program, say).catch((error: Error) => {
  say(error.message);
  process.exit(1);
});
const script = join(program.folder, 'dist', file);
// Windows cannot replace the program of a process.
if (process.execve && process.platform !== 'win32') {
  process.execve(process.execPath, [process.execPath, script, ...parameters], process.env);
}
process.argv = [process.execPath, script, ...parameters];
await import(pathToFileURL(script).href);
