/*
 * Imported before everything else (`node --import`), and written so that any Node runs it: where npm may not run install
 * scripts, the Node 24 that comes as a package is not there, and the machine's own would fail with a riddle.
 */
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const [major] = process.versions.node.split('.');
if (Number(major) < 24) {
  process.stderr.write(
    `This needs Node 24 or newer, and runs on ${process.version}. The project brings Node 24 as a package, whose install\n` +
      'script did not run: npm was told to ignore install scripts. This runs that one script alone:\n\n' +
      '  npm rebuild node --ignore-scripts=false\n\n',
  );
  process.exit(1);
}

// What a script compiled to the last time: half of what the start of a short one takes is its TypeScript.
module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)));
