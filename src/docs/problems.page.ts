import { problemCodes, type ProblemKind, titleOf } from '../problems/problem.codes.js';

/** How the page of problems looks. */
export const problemsStyle = `body { font: 16px/1.5 system-ui, sans-serif; max-width: 45rem; margin: 2rem auto; padding: 0 1rem; }
h2 { font-family: ui-monospace, monospace; font-size: 1.1rem; margin: 2rem 0 0; overflow-wrap: anywhere; }
p { margin: 0.25rem 0; }
:target { background: #ffef9e; }
`;

/** A page with a section for every code; the `type` of a problem is the address of its section. */
export function problemsPage(): string {
  const sections = (Object.entries(problemCodes) as [string, ProblemKind][]).map(
    ([code, { status, detail, remedy }]) => `    <section>
      <h2 id="${code}">${code}</h2>
      <p>${status} ${titleOf(status)}. ${asHtml(detail)}.</p>
      <p>${asHtml(remedy)}</p>
    </section>`,
  );
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Problems</title>
    <link rel="stylesheet" href="problems.css">
  </head>
  <body>
    <h1>Problems</h1>
    <p>Every error is answered as application/problem+json (RFC 9457), and its <code>code</code> is one of these.</p>
${sections.join('\n')}
  </body>
</html>
`;
}

function asHtml(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return escaped.replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}
