import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..', '..');

/** A block of code in a page of the documentation. */
export interface CodeBlock {
  /** The page and the line, as in `docs/lab.md:12`. */
  readonly place: string;
  readonly language: string;
  readonly code: string;
  /** The HTML comment before it, which readers of the page do not see. */
  readonly comment: string;
}

const BLOCK = /(?:<!--(?<comment>[^]*?)-->\s*)?^```(?<language>\w+)\n(?<code>[^]*?)^```$/gm;

/** Every block of code in README and docs, of all packages, that says its language. */
export function codeBlocks(): CodeBlock[] {
  const pages = globSync(['README.md', 'docs/*.md', 'apps/*/README.md', 'packages/*/README.md'], {
    cwd: ROOT,
  });
  return pages.toSorted().flatMap((page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    return [...text.matchAll(BLOCK)].map(({ groups, index }) => ({
      place: `${page}:${text.slice(0, text.indexOf('```', index)).split('\n').length}`,
      language: groups!.language!,
      code: groups!.code!,
      comment: groups!.comment?.trim() ?? '',
    }));
  });
}

/** A block of TypeScript as a file of the project. */
export interface CompiledBlock {
  readonly path: string;
  readonly source: string;
}

/**
 * Where a block of TypeScript would stand, and what stands before it there. The first line may say it, as in
 * `// src/budgets/budgets.module.ts`; else the HTML comment before the block: `compiled as PATH`, and after that the lines
 * that the page leaves out.
 */
export function compiledBlock({ place, code, comment }: CodeBlock): CompiledBlock {
  const fromComment = /^compiled as (\S+)\n?([^]*)$/.exec(comment);
  const path = fromComment?.[1] ?? /^\/\/ (\S+\.ts)\n/.exec(code)?.[1];
  if (path === undefined) {
    throw new Error(`${place} does not say as what it is compiled: put <!-- compiled as PATH --> before it`);
  }
  const name = `${place.replaceAll(/\W+/g, '-')}.ts`;
  return { path: join(ROOT, dirname(path), name), source: `${fromComment?.[2] ?? ''}${code}\nexport {};\n` };
}

/** A path of this project as a person writes it. */
export const shown = (path: string) => relative(ROOT, path);
