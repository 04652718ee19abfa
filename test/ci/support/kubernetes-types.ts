import { join } from 'node:path';
import ts from 'typescript';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

/**
 * Checks a manifest against the types of the Kubernetes API: what is missing, of another type, or misspelt. The API itself
 * leaves out silently what it does not know.
 *
 * @returns every fault, in the words of the TypeScript compiler
 */
export function faultsOf(manifest: Manifest): string[] {
  const { apiVersion, kind } = manifest;
  const path = join(import.meta.dirname, 'manifest.ts');
  const source = `import type { I${kind} } from 'kubernetes-models/${apiVersion}';
    export const manifest: I${kind} = ${JSON.stringify(manifest)};`;
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
  };
  const host = ts.createCompilerHost(options);
  host.fileExists = (file) => file === path || ts.sys.fileExists(file);
  host.readFile = (file) => (file === path ? source : ts.sys.readFile(file));
  const program = ts.createProgram([path], options, host);
  return ts
    .getPreEmitDiagnostics(program, program.getSourceFile(path))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}
