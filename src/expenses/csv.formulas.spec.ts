import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { escapeFormulas, unescapeFormulas } from './csv.formulas.js';

const tricky = array(
  oneof(constantFrom("'", '"', ' ', '=', '+', '-', '@', ';', '\t', '1', '\uFF1D'), string()),
  {
    maxLength: 12,
  },
).map((parts) => parts.join(''));

describe('Formulas in CSV', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ['-10% coupon', "'-10% coupon"],
    ['@home', "'@home"],
    ['\uFF1D1+1', "'\uFF1D1+1"],
    ['a;=1+1', "a;'=1+1"],
    ['a\t@x', "a\t'@x"],
    ['a;"=1+1', `a;'"=1+1`],
    ["'=1", "''=1"],
    ['-7.50', '-7.50'],
    ['x-1', 'x-1'],
    ["'tis", "'tis"],
  ])('%j is written as %j', (text, written) => {
    expect(escapeFormulas(text)).toBe(written);
  });

  it('are read back as the text that they were', () => {
    assert(
      property(tricky, (text) => {
        expect(unescapeFormulas(escapeFormulas(text))).toBe(text);
      }),
    );
  });

  it('begin no cell of what is written, whichever character separates columns', () => {
    assert(
      property(tricky, (text) => {
        for (const cell of escapeFormulas(text).split(/[;\t]/)) {
          expect(/^-?\d+(\.\d+)?$/.test(text) || !/^[ "]*[=+\-@\uFF1D]/.test(cell)).toBe(true);
        }
      }),
    );
  });
});
