/**
 * Text that a spreadsheet would take for a formula, in whichever of its cells: one begins at the start of the text and,
 * for programs that separate columns by them, after each semicolon and tab. Quotes and spaces before the formula do not
 * hide it. A decimal is none: totals are text, and may begin with a minus.
 */
const CELL_START = /(^|[;\t])(?=['" ]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/g;
const ESCAPED_START = /(^|[;\t])'(?=['" ]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/g;
const DECIMAL = /^-?\d+(\.\d+)?$/;

/** Puts an apostrophe, which a spreadsheet shows as the sign that a cell is text, before everything like a formula. */
export function escapeFormulas(text: string): string {
  return DECIMAL.test(text) ? text : text.replaceAll(CELL_START, "$1'");
}

/** Takes off what `escapeFormulas` put there, and nothing else of a text that it wrote. */
export function unescapeFormulas(text: string): string {
  return text.replaceAll(ESCAPED_START, '$1');
}
