import { basename, resolve } from 'node:path';
import ts from 'typescript';
import { codeBlocks, type CompiledBlock, compiledBlock } from './code-blocks.js';

const ROOT = resolve(import.meta.dirname, '..', '..');
const typescriptBlocks = codeBlocks().filter(({ language }) => language === 'ts');

/** Compiles files that exist in memory only, as parts of this project. */
function faultsOf(blocks: readonly CompiledBlock[]): string[] {
  const { config } = ts.readConfigFile(resolve(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(
    { ...(config as object), files: [], include: [] },
    ts.sys,
    ROOT,
  );
  options.paths = {
    'nest-resource-server': [resolve(ROOT, 'src/auth/index.ts')],
    'nest-resource-server/passport': [resolve(ROOT, 'src/auth/passport/index.ts')],
    'nest-resource-server/testing': [resolve(ROOT, 'src/testing/kit.ts')],
  };
  const host = ts.createCompilerHost(options);
  const sources = new Map(blocks.map(({ path, source }) => [path, source]));
  host.fileExists = (path) => sources.has(path) || ts.sys.fileExists(path);
  host.readFile = (path) => sources.get(path) ?? ts.sys.readFile(path);
  const program = ts.createProgram([...sources.keys()], options, host);
  return [...sources.keys()].flatMap((path) => {
    const file = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText, start = 0 }) => {
        const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
        return `${basename(path)}, line ${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
      },
    );
  });
}

describe('the code in README and docs', () => {
  it('is found', () => {
    expect(typescriptBlocks.length).toBeGreaterThan(3);
  });

  it('compiles, all of it', () => {
    expect(faultsOf(typescriptBlocks.map(compiledBlock))).toEqual([]);
  });

  it('would not pass with a fault in it', () => {
    const [block] = typescriptBlocks.map(compiledBlock);
    const broken = { ...block!, source: `${block!.source}\nconst text: string = 1;` };
    expect(faultsOf([broken])).toHaveLength(1);
  });
});
