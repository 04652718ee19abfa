import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';

/** An editor saves in several steps, and several files at once. */
const SETTLED_MS = 200;

/**
 * Watches a folder and all that is in it.
 *
 * Every folder is watched by itself: on Linux the `recursive` of `fs.watch` watches files as well, and hears no more of
 * one that an editor has replaced by its new version.
 *
 * @param onChange told once when changes have settled
 * @returns what ends it
 */
export function watchFolder(folder: string, onChange: () => void): () => void {
  let settling: NodeJS.Timeout | undefined;
  const watchers: FSWatcher[] = [];

  const stop = () => {
    clearTimeout(settling);
    for (const watcher of watchers.splice(0)) watcher.close();
  };
  // What comes while nothing is watched is not missed, for the change is told afterwards.
  const watchAnew = () => {
    stop();
    for (const one of [folder, ...foldersIn(folder)])
      watchers.push(watch(one, noteChange).on('error', noteChange));
  };
  function noteChange(): void {
    clearTimeout(settling);
    settling = setTimeout(() => {
      try {
        watchAnew();
      } catch {
        // A folder went while it was looked at.
        noteChange();
        return;
      }
      onChange();
    }, SETTLED_MS);
  }
  watchAnew();
  return stop;
}

function foldersIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
}
