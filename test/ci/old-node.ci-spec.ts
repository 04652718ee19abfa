import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScratchProject } from './support/scratch.js';

const root = join(import.meta.dirname, '..', '..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
/** The others are programs of packages, which run on Node 20 as well, and scripts that lead to these. */
const ours = Object.entries(scripts).filter(([, command]) => command.startsWith('node '));

let scratch: ScratchProject;
let path: string;

beforeAll(async () => {
  scratch = await ScratchProject.create({});
  const name = `node-${process.platform}-${process.arch}`;
  await scratch.install(`${name}@20`);
  path = join(scratch.folder, 'node_modules', name, 'bin');
}, 300_000);
afterAll(() => scratch?.remove());

/** Runs a command as npm does where the project's own Node is not there. */
const shell = (command: string) =>
  spawnSync('/bin/sh', ['-c', command], {
    cwd: root,
    env: { PATH: `${path}:/usr/bin:/bin` },
    encoding: 'utf8',
    timeout: 20_000,
  });

describe('on Node 20, when install scripts were not allowed', () => {
  it('there are commands to be tried', () => {
    expect(shell('node --version').stdout).toMatch(/^v20\./);
    expect(ours.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        'start',
        'start:dev',
        'start:prod',
        'lab',
        'test',
        'pack:auth',
        'docs:problems',
      ]),
    );
  });

  it.each(ours)('npm run %s says which command brings Node 24, and nothing else', (_name, command) => {
    const { status, stdout, stderr } = shell(command);
    expect(stderr).toMatch(/^This needs Node 24 or newer, and runs on v20\./);
    expect(stderr.trim()).toMatch(/ {2}npm rebuild node --ignore-scripts=false$/);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  });

  it('the check of the lock works as it is', () => {
    expect(shell('node scripts/lock-is-current.js')).toMatchObject({ status: 0, stderr: '' });
  });
});
