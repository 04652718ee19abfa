import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '..', '..');
const readme = readFileSync(join(ROOT, 'packages/nest-resource-server/README.md'), 'utf8');

/** The members of an interface in a file of src/auth. */
function membersOf(name: string, file: string): readonly string[] {
  const text = readFileSync(join(ROOT, 'src/auth', file), 'utf8');
  const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const found = statements.find((one) => ts.isInterfaceDeclaration(one) && one.name.text === name);
  return (found as ts.InterfaceDeclaration).members.map((member) => (member.name as ts.Identifier).text);
}

const row = (option: string) =>
  new RegExp(`^\\| \`${option.replaceAll('.', String.raw`\.`)}\` +\\| \\S[^|]* \\| \\S[^|]* \\|$`, 'm');

describe("the package's README", () => {
  it.each([
    ['IssuerOptions', 'issuers/issuer.options.ts', ''],
    ['SharedAuthOptions', 'auth.options.ts', ''],
    ['AuthModuleExtras', 'auth.module.ts', ''],
    ['DpopOptions', 'proof/dpop.options.ts', 'dpop.'],
  ])('has every option of %s, with its default', (name, file, prefix) => {
    const options = membersOf(name, file).filter((option) => option !== 'dpop');
    expect(options.length).toBeGreaterThan(0);
    expect(options.filter((option) => !row(prefix + option).test(readme))).toEqual([]);
  });
});
