import { EventEmitter, once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { watchFolder } from '../../scripts/lab/watch-folder.ts';

let folder: string;
let file: string;
let told: EventEmitter;
let changes: number;
let stop: () => void;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'expenses-watch-'));
  mkdirSync(join(folder, 'inner'));
  file = join(folder, 'inner', 'one.ts');
  writeFileSync(file, '1');
  changes = 0;
  told = new EventEmitter();
  stop = watchFolder(folder, () => {
    changes++;
    told.emit('change');
  });
});
afterEach(() => {
  stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Makes a change, and waits until it was told. */
async function noticed(change: () => void): Promise<void> {
  const heard = once(told, 'change');
  change();
  await heard;
}

/** As many editors save: the new version is written beside the old one, and takes its place. */
function replace(): void {
  writeFileSync(`${file}~`, '2');
  renameSync(`${file}~`, file);
}

it('notices every change of a file, also after it was replaced', async () => {
  await noticed(replace);
  await noticed(() => appendFileSync(file, '3'));
  await noticed(replace);
});

it('notices changes in a folder that came later, or came again', async () => {
  const later = join(folder, 'later');
  await noticed(() => mkdirSync(later));
  await noticed(() => writeFileSync(join(later, 'two.ts'), '1'));
  await noticed(() => rmSync(later, { recursive: true }));
  await noticed(() => mkdirSync(later));
  await noticed(() => writeFileSync(join(later, 'two.ts'), '1'));
});

it('tells changes that come together once', async () => {
  await noticed(() => {
    for (let n = 0; n < 10; n++) writeFileSync(join(folder, `${n}.ts`), '');
  });
  await wait(500);
  expect(changes).toBe(1);
});
