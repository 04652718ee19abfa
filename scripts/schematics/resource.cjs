'use strict';
const path = require('node:path');
const {
  importModule,
  namesOf,
  renamed,
  writeFiles,
} = require('../../packages/nest-resource-server/schematics/resource/index.cjs');

const TEMPLATE = 'vehicles';
const EXAMPLE = path.join(__dirname, '../../examples', TEMPLATE);
const APP_MODULE = '/src/app.module.ts';
const FEATURES = /(const features: Modules = \[)(\s*)(\]?)/;

/**
 * Writes examples/vehicles into src under another name, and lists its module in src/app.module.ts.
 *
 * @param {{ name: string }} options
 * @returns a rule of @angular-devkit/schematics: a function of the tree of files
 */
function resource({ name }) {
  const [template, names] = [namesOf(TEMPLATE), namesOf(name)];
  const inSql = (text) => text.replaceAll(names.file, names.file.replaceAll('-', '_'));
  const render = (text) =>
    renamed(text, template, names)
      .replaceAll(/(?:pgTable\(\s*|index\()'[^']+'/g, inSql)
      .replaceAll("'../../src/", "'../");
  return (tree, context) => {
    writeFiles(tree, EXAMPLE, `/src/${names.file}`, (file, text) => ({
      file: renamed(file, template, names),
      text: render(text),
    }));
    const module = `${names.types}Module`;
    const from = `./${names.file}/${names.file}.module.js`;
    if (!importModule(tree, APP_MODULE, module, from, FEATURES)) {
      context.logger.warn(`List ${module} of '${from}' in the features of src/app.module.ts.`);
    }
    context.logger.info('Next: npm run db:generate, and npm run access -- --update');
  };
}

module.exports = { resource };
