import * as fc from 'fast-check';
import { readAmount } from './amounts.js';

const ENGLISH = '.';
const GERMAN = ',';
const all = [ENGLISH, GERMAN];

describe('An amount', () => {
  it.each([
    ['12', '12'],
    ['12.5', '12.5'],
    ['12,50', '12.50'],
    ['-12,50', '-12.50'],
    ['−12.50', '-12.50'],
    ['+3', '3'],
    [',5', '0.5'],
    ['0,125', '0.125'],
    ['1234,500', '1234.500'],
    ['1.234,50', '1234.50'],
    ['1,234.50', '1234.50'],
    ['1.234.567', '1234567'],
    ['12,34,567.5', '1234567.5'],
    ['1 234,50', '1234.50'],
    ['1\u202f234\u00a0567,5', '1234567.5'],
    ['1’234.50', '1234.50'],
    [' 7 ', '7'],
  ])('%p means %s in every language', (text, expected) => {
    for (const language of all) expect(readAmount(text, language)).toBe(expected);
  });

  it('of two meanings has that of the language', () => {
    expect(readAmount('1.234', ENGLISH)).toBe('1.234');
    expect(readAmount('1,234', ENGLISH)).toBe('1234');
    expect(readAmount('1.234', GERMAN)).toBe('1234');
    expect(readAmount('1,234', GERMAN)).toBe('1.234');
  });

  it.each([
    '',
    '-',
    '.',
    ',',
    '12,',
    '1,2,3',
    '1.2.3,4',
    '1,23.4',
    '12.5.',
    '1e5',
    '0x10',
    '--1',
    'free',
    '12 €',
    '1-2',
  ])('%p is none', (text) => {
    for (const language of all) expect(readAmount(text, language)).toBeUndefined();
  });

  it('is a plain decimal or nothing, whatever is typed', () => {
    const typed = fc.string({ unit: fc.constantFrom(...Array.from('0123456789.,-+ ’')), maxLength: 20 });
    fc.assert(
      fc.property(fc.oneof(typed, fc.string()), fc.constantFrom(...all), (text, language) => {
        expect(readAmount(text, language) ?? '0').toMatch(/^-?\d+(\.\d+)?$/);
      }),
    );
  });

  it('is read as it was written, with and without thousands', () => {
    const amounts = fc
      .double({ min: -1e10, max: 1e10, noNaN: true })
      .map((number) => Number(number.toFixed(2)));
    fc.assert(
      fc.property(
        amounts,
        fc.constantFrom('en', 'de', 'fr', 'es', 'de-CH', 'en-IN'),
        fc.boolean(),
        (amount, language, useGrouping) => {
          const format = new Intl.NumberFormat(language, { minimumFractionDigits: 2, useGrouping });
          const point = format.formatToParts(1.5).find(({ type }) => type === 'decimal')?.value ?? '';
          expect(Number(readAmount(format.format(amount), point))).toBeCloseTo(amount, 2);
        },
      ),
    );
  });
});
