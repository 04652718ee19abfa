'use strict';
const { readdirSync, readFileSync } = require('node:fs');
const path = require('node:path');

const FILES = path.join(__dirname, 'files');
/** The templates speak of plants; each of these words is replaced by the one that the name makes of it. */
const WORDS = /plantsPermissions|plants|Plants|Plant/g;

/**
 * Writes a protected resource into a Nest application, and names its module in app.module.ts.
 *
 * @param {{ name: string, sourceRoot?: string, path?: string, spec?: boolean, skipImport?: boolean }} options
 * @returns a rule of @angular-devkit/schematics: a function of the tree of files
 */
function resource({ name, sourceRoot = 'src', path: below = '', spec = true, skipImport = false }) {
  const words = namesOf(name);
  return (tree, context) => {
    const folder = path.posix.join('/', sourceRoot, below, words.file);
    const { type, dependencies = {} } = readJson(tree, '/package.json');
    const isEsm = type === 'module';
    const render = (text) =>
      forPlatform(text, dependencies)
        .replaceAll(WORDS, (word) => words[word])
        .replaceAll(/(from '\.[^']*?)\.js'/g, isEsm ? "$1.js'" : "$1'");
    for (const file of readdirSync(FILES)) {
      if (!spec && file.includes('.spec.')) continue;
      const target = file.replace('plants', words.file).replace(/\.template$/, '');
      tree.create(path.posix.join(folder, target), render(readFileSync(path.join(FILES, file), 'utf8')));
    }
    const appModule = path.posix.join('/', sourceRoot, 'app.module.ts');
    const from = `./${path.posix.relative(path.posix.dirname(appModule), folder)}/${words.file}.module${isEsm ? '.js' : ''}`;
    if (!skipImport && !importModule(tree, appModule, `${words.Plants}Module`, from)) {
      context.logger.warn(
        `Import ${words.Plants}Module of '${from}' where the application lists its modules.`,
      );
    }
    context.logger.info(`The application needs AuthModule.forRoot({ issuerBaseUrl, audiences }), once.`);
  };
}

/** The templates start applications on Nest's own choice, which is Express; one on Fastify has to name its adapter. */
function forPlatform(text, dependencies) {
  if (!dependencies['@nestjs/platform-fastify']) return text;
  return text
    .replace('createNestApplication()', 'createNestApplication(new FastifyAdapter())')
    .replace(/^(import \{ Test \})/m, "import { FastifyAdapter } from '@nestjs/platform-fastify';\n$1");
}

/** What stands for each word of the templates: `beeHives` is `bee-hives` in URLs and `BeeHive` in types. */
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
  const Plants = pascalCase(file);
  const Plant = singularOf(Plants);
  const plantsPermissions = `${Plants[0].toLowerCase()}${Plants.slice(1)}Permissions`;
  return { file, plants: file, Plants, Plant, plantsPermissions };
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

/** Adds a module to the imports of the first @Module() of a file; false when that has no list to add to. */
function importModule(tree, file, module, from) {
  if (!tree.exists(file)) return false;
  const source = tree.read(file).toString();
  if (source.includes(module)) return true;
  const list = /(@Module\(\s*\{[^]*?\bimports:\s*\[)(\s*)(\]?)/;
  if (!list.test(source)) return false;
  const withImport = `import { ${module} } from '${from}';\n${source}`;
  tree.overwrite(
    file,
    withImport.replace(list, (_, head, space, end) => head + (end ? module + end : `${space}${module}, `)),
  );
  return true;
}

module.exports = { resource };
