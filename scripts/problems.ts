import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { problemCodes, type ProblemKind, titleOf } from '../src/problems/problem.codes.ts';

const INTRODUCTION = `# Problems

Every error is answered as \`application/problem+json\` (RFC 9457). Programs go by \`code\`, which is one of those below and stays the same; \`detail\` says
what went wrong this time, and \`errors\` names every fault of the request, each by a JSON pointer. The header \`X-Request-Id\`, and \`requestId\`, find
the request in the log.

\`type\` is \`about:blank\` where the code says no more than the status. Otherwise it leads to the code's section of \`/docs/problems\` of the API itself,
which says the same as this page. Both are made from [problem.codes.ts](../src/problems/problem.codes.ts) by \`npm run docs:problems\`.
`;

/** docs/problems.md: a section for every code. */
export function problemsMarkdown(): string {
  const sections = (Object.entries(problemCodes) as [string, ProblemKind][]).map(
    ([code, { status, detail, isSpecific, remedy }]) =>
      `## ${code}\n\n${status} ${titleOf(status)}${isSpecific ? '' : ', `about:blank`'}. ${detail}.\n\n${remedy}\n`,
  );
  return [INTRODUCTION, ...sections].join('\n');
}

if (import.meta.main) await writeFile(join(import.meta.dirname, '../docs/problems.md'), problemsMarkdown());
