'use strict';
const { readdirSync, readFileSync } = require('node:fs');
const path = require('node:path');

/** The resource of which the templates speak. */
const TEMPLATE = 'plants';

/**
 * Writes a protected resource into a Nest application, and names its module in app.module.ts.
 *
 * @param {{ name: string, sourceRoot?: string, path?: string, spec?: boolean, skipImport?: boolean }} options
 * @returns a rule of @angular-devkit/schematics: a function of the tree of files
 */
function resource({ name, sourceRoot = 'src', path: below = '', spec = true, skipImport = false }) {
  const [template, names] = [namesOf(TEMPLATE), namesOf(name)];
  return (tree, context) => {
    const folder = path.posix.join('/', sourceRoot, below, names.file);
    const { type, dependencies = {} } = readJson(tree, '/package.json');
    const isEsm = type === 'module';
    const render = (text) =>
      renamed(forPlatform(text, dependencies), template, names).replaceAll(
        /(from '\.[^']*?)\.js'/g,
        isEsm ? "$1.js'" : "$1'",
      );
    writeFiles(tree, path.join(__dirname, 'files'), folder, (file, text) =>
      spec || !file.includes('.spec.')
        ? { file: renamed(file, template, names), text: render(text) }
        : undefined,
    );
    const appModule = path.posix.join('/', sourceRoot, 'app.module.ts');
    const from = `./${path.posix.relative(path.posix.dirname(appModule), folder)}/${names.file}.module${isEsm ? '.js' : ''}`;
    const list = /(@Module\(\s*\{[^]*?\bimports:\s*\[)(\s*)(\]?)/;
    if (!skipImport && !importModule(tree, appModule, `${names.types}Module`, from, list)) {
      context.logger.warn(
        `Import ${names.types}Module of '${from}' where the application lists its modules.`,
      );
    }
    context.logger.info(`The application needs AuthModule.forRoot({ issuerBaseUrl, audiences }), once.`);
  };
}

/** Writes each file of a folder of templates as `render` makes it of its name and text; none for `undefined`. */
function writeFiles(tree, templates, folder, render) {
  for (const file of readdirSync(templates)) {
    const made = render(file, readFileSync(path.join(templates, file), 'utf8'));
    if (made) tree.create(path.posix.join(folder, made.file.replace(/\.template$/, '')), made.text);
  }
}

/** A text that speaks of one resource, as one that speaks of another. */
function renamed(text, from, to) {
  const pairs = new Map(Object.keys(from).map((key) => [from[key], to[key]]));
  const longestFirst = [...pairs.keys()].toSorted((a, b) => b.length - a.length);
  return text.replaceAll(new RegExp(longestFirst.join('|'), 'g'), (word) => pairs.get(word));
}

/** The templates start applications on Nest's own choice, which is Express; one on Fastify has to name its adapter. */
function forPlatform(text, dependencies) {
  if (!dependencies['@nestjs/platform-fastify']) return text;
  return text
    .replace('createNestApplication()', 'createNestApplication(new FastifyAdapter())')
    .replace(/^(import \{ Test \})/m, "import { FastifyAdapter } from '@nestjs/platform-fastify';\n$1");
}

/** The names that a resource has in code: `beeHives` is `bee-hives` in URLs, `BeeHive` in types, `bee_hives` in SQL. */
function namesOf(name) {
  const file = String(name)
    .replaceAll(/([a-z\d])([A-Z])/g, '$1-$2')
    .replaceAll(/[\s_]+/g, '-')
    .toLowerCase();
  if (!/^[a-z][a-z\d]*(?:-[a-z\d]+)*$/.test(file)) {
    throw new Error(
      `${JSON.stringify(name)} cannot be the name of a resource: use letters, digits and hyphens`,
    );
  }
  const types = pascalCase(file);
  const camelCase = `${types[0].toLowerCase()}${types.slice(1)}`;
  return {
    file,
    types,
    type: singularOf(types),
    permissions: `${camelCase}Permissions`,
    table: `${camelCase}Table`,
  };
}

const pascalCase = (text) =>
  text
    .split('-')
    .map((part) => part[0].toUpperCase() + part.slice(1))
    .join('');

/** English plurals as far as names need them; a word without a plural becomes an `item` of it. */
function singularOf(word) {
  if (word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (/(?:ss|x|ch|sh|z)es$/.test(word)) return word.replace(/es$/, '');
  if (/[^s]s$/.test(word)) return word.replace(/s$/, '');
  return `${word}Item`;
}

function readJson(tree, file) {
  return tree.exists(file) ? JSON.parse(tree.read(file).toString()) : {};
}

/** Adds a module to a list of modules in a file; false when it has no such list. */
function importModule(tree, file, module, from, list) {
  if (!tree.exists(file)) return false;
  const source = tree.read(file).toString();
  if (source.includes(module)) return true;
  if (!list.test(source)) return false;
  const withImport = `import { ${module} } from '${from}';\n${source}`;
  tree.overwrite(
    file,
    withImport.replace(list, (_, head, space, end) => head + (end ? module + end : `${space}${module}, `)),
  );
  return true;
}

module.exports = { resource, importModule, namesOf, renamed, writeFiles };
