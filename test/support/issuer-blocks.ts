import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/** The settings for one issuer, as docs/issuers.md shows them. */
export interface IssuerBlock {
  /** The heading above it. */
  readonly name: string;
  readonly variables: Readonly<Record<string, string>>;
}

const page = readFileSync(join(import.meta.dirname, '../../docs/issuers.md'), 'utf8');
const BLOCK = /^### (?<name>.+)\n+```sh\n(?<code>[^]*?)^```$/gm;

/** Every block of `.env` in docs/issuers.md. */
export const issuerBlocks: readonly IssuerBlock[] = [...page.matchAll(BLOCK)].map(({ groups }) => ({
  name: groups!.name!,
  variables: parseEnv(groups!.code!) as Record<string, string>,
}));

/** The example of a file with several issuers. */
export const issuersFile = /^```yaml\n(issuers:[^]*?)^```$/m.exec(page)![1]!;
