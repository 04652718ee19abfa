import { dirname, relative, resolve, sep } from 'node:path';

const SRC = resolve(import.meta.dirname, '..', '..', 'src');

/**
 * The folders of src/, from the ground up. A folder imports only from those that stand in lines before its own, so there
 * can be no circle between folders. Files that stand directly in src/ put the application together and import from all.
 */
const LEVELS = [
  ['problems', 'net', 'money'],
  ['auth'],
  ['config'],
  ['http'],
  ['redis', 'logging'],
  ['database'],
  ['audit'],
  ['revocation'],
  ['limits', 'health', 'metrics', 'tracing'],
  ['docs'],
  ['expenses'],
  ['reports'],
  ['process'],
  ['(src)'],
  ['testing', 'cli'],
];

/** The folder of src/ that a file is in; `undefined` for files elsewhere. */
function folderOf(file) {
  const [folder, ...rest] = relative(SRC, file).split(sep);
  if (folder === '..') return undefined;
  return rest.length === 0 ? '(src)' : folder;
}

const levelOf = (folder) => LEVELS.findIndex((folders) => folders.includes(folder));

/** A rule that judges every import of one file of src/ by another. */
function importRule(judge) {
  return {
    create(context) {
      const importer = context.filename;
      const from = folderOf(importer);
      if (from === undefined) return {};
      const check = ({ source }) => {
        if (typeof source?.value !== 'string' || !source.value.startsWith('.')) return;
        const file = resolve(dirname(importer), source.value);
        const to = folderOf(file);
        const message = to === from ? undefined : judge({ importer, from, file, to });
        if (message) context.report({ node: source, message });
      };
      return {
        ImportDeclaration: check,
        ImportExpression: check,
        ExportNamedDeclaration: check,
        ExportAllDeclaration: check,
      };
    },
  };
}

const isSpec = (file) => /\.(?:e2e-)?spec\.ts$/.test(file);

/** Rules that hold the layout of src/; docs/architecture.md explains it. */
export default {
  meta: { name: 'folders' },
  rules: {
    'auth-imports-ground-only': importRule(({ importer, from, to }) =>
      from === 'auth' && !isSpec(importer) && !['problems', 'net'].includes(to)
        ? `src/auth imports only libraries, src/problems and src/net, not src/${to}`
        : undefined,
    ),
    'auth-by-its-index': importRule(({ importer, file, to }) =>
      to === 'auth' &&
      !isSpec(importer) &&
      !['auth/index.js', 'auth/passport/index.js'].includes(relative(SRC, file))
        ? 'src/auth is imported by src/auth/index.ts, or src/auth/passport/index.ts for passport, only'
        : undefined,
    ),
    'no-circle': importRule(({ importer, from, to }) => {
      if (isSpec(importer)) return undefined;
      if (to === undefined) return 'src imports nothing from outside of src';
      if (levelOf(from) < 0)
        return `src/${from} has no place among the levels of scripts/lint/folders.js yet`;
      return levelOf(to) < levelOf(from) ? undefined : `src/${from} stands below or beside src/${to}`;
    }),
  },
};
