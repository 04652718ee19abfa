/**
 * `npm run lab`: the whole identity lab on this machine. Builds what has changed, starts the issuer, the API and the web
 * application side by side with sample data, waits until all answer, and prints where they are and a curl line with a
 * real access token. Ctrl-C ends all of them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildIfChanged, type ProgramName, programs } from './build/build.ts';
import { showReady, type Tenant } from './lab/greeting.ts';
import { runToEnd, startProgram, stopAll, waitUntilReady } from './lab/programs.ts';
import { assertPortsFree } from './lab/ports.ts';
import { apiEnvironment, labFolder, secretOf, urls, webEnvironment } from './lab/settings.ts';
import { watchFolder } from './lab/watch-folder.ts';

const USAGE = `npm run lab [-- option ...]
Starts the issuer, the API and the web application with sample data.
  --without-web   not the web application; prints the .env of the identity lab's own one instead
  --watch         builds and restarts a program when its sources change
`;

interface LabOptions {
  readonly withWeb: boolean;
  readonly watched: boolean;
}

const tenant = JSON.parse(readFileSync(join(programs.issuer.folder, 'tenant.json'), 'utf8')) as Tenant;
const script = (name: ProgramName, file: string) => join(programs[name].folder, 'dist', file);

async function main({ withWeb, watched }: LabOptions): Promise<void> {
  await assertPortsFree({ ...(withWeb && { 'web application': 3000 }), API: 3001, issuer: 3002 });
  await mkdir(labFolder, { recursive: true });
  await Promise.all([startIssuer(watched), startApi(watched), ...(withWeb ? [startWeb(watched)] : [])]);
  await showReady(tenant, withWeb);
  if (watched) watchSources(withWeb ? ['issuer', 'api', 'web'] : ['issuer', 'api']);
}

async function startIssuer(watched: boolean): Promise<void> {
  await buildIfChanged(programs.issuer, console.log);
  startProgram('issuer', script('issuer', 'main.js'), labFolder, { PORT: '3002' }, watched);
  await waitUntilReady(`${urls.issuer}/.well-known/openid-configuration`);
}

async function startApi(watched: boolean): Promise<void> {
  await buildIfChanged(programs.api, console.log);
  await seed();
  startProgram('api', script('api', 'main.js'), labFolder, apiEnvironment, watched);
  await waitUntilReady(`${urls.api}/health/live`);
}

async function startWeb(watched: boolean): Promise<void> {
  await buildIfChanged(programs.web, console.log);
  startProgram(
    'web',
    script('web', 'main.js'),
    labFolder,
    webEnvironment(secretOf(tenant, 'expenses-web')),
    watched,
  );
  await waitUntilReady(`${urls.web}/`);
}

/** Sample data, once; whoever removes the folder of the database gets them again. */
async function seed(): Promise<void> {
  const done = join(labFolder, 'expenses', 'has-sample-data');
  if (existsSync(done)) return;
  console.log('Making the database with sample data ...');
  await runToEnd('seed', script('api', 'cli/seed.js'), labFolder, apiEnvironment);
  await writeFile(done, '');
}

/** Builds what changes; the programs run under `node --watch`, which restarts them when the build does. */
function watchSources(names: readonly ProgramName[]): void {
  for (const name of names) {
    watchFolder(join(programs[name].folder, 'src'), () => {
      buildIfChanged(programs[name], console.log).catch((error: unknown) => console.error(String(error)));
    });
  }
}

function readOptions() {
  try {
    return parseArgs({
      options: { 'without-web': { type: 'boolean' }, watch: { type: 'boolean' }, help: { type: 'boolean' } },
    }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}`);
    return process.exit(2);
  }
}

let ending = false;
async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  await stopAll();
  process.exit(code);
}

const { help, watch: watched = false, 'without-web': withoutWeb = false } = readOptions();
if (help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
process.on('SIGINT', () => void end(0));
process.on('SIGTERM', () => void end(0));
process.on('SIGHUP', () => void end(0));
// The shell between npm and us does not hand SIGTERM on, it ends and leaves us behind.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) void end(0);
}, 500).unref();

try {
  await main({ withWeb: !withoutWeb, watched });
} catch (error) {
  if (!ending) console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  await end(1);
}
