import type { FieldError } from '../problems/problem.exception.js';
import { pointer } from './schema.pipe.js';

/** What JSON is made of, but for commas and words. A string before a colon is the name of a member. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|-?\d[\d.eE+-]*|[{}[\]]/g;
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i;

/**
 * What of JSON would not be kept as it was sent (I-JSON, RFC 7493): of two members of one name a parser takes the last
 * (2.3), and of a number the nearest that a double can be (2.2). Each fault is told at the outermost member that it is in.
 *
 * @param text which has been parsed before, so it is JSON
 */
export function faultsOfJson(text: string): FieldError[] {
  const faults: FieldError[] = [];
  const open: Set<string>[] = [];
  let member: string | undefined;
  const fault = (detail: string) =>
    faults.push({ pointer: pointer(member === undefined ? [] : [member]), detail });
  for (const [token, colon] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (colon !== undefined) {
      const name = JSON.parse(token.slice(0, -colon.length)) as string;
      const names = open.at(-1)!;
      if (open.length === 1) member = name;
      if (names.has(name)) fault(open.length === 1 ? 'is there twice' : 'has a member twice');
      names.add(name);
    } else if (!token.startsWith('"') && !isKept(token)) fault('has more digits than can be kept');
  }
  return faults;
}

function isKept(decimal: string): boolean {
  return canonical(decimal) === canonical(String(Number(decimal)));
}

/** A number in one spelling, without zeros at either end; as it is if it is none, as Infinity. */
function canonical(decimal: string): string {
  const [, sign = '', whole = '', part = '', exponent = '0'] = NUMBER.exec(decimal) ?? [undefined, decimal];
  const digits = `${whole}${part}`.replace(/^0+/, '');
  const significant = digits.slice(0, digits.search(/[1-9]0*$/) + 1);
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(exponent) - part.length + digits.length - significant.length}`;
}
