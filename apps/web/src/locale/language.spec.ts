import * as fc from 'fast-check';
import { languageOf } from './language.js';

describe('The language of numbers and dates', () => {
  it.each([
    [undefined, 'en'],
    ['*', 'en'],
    ['de', 'de'],
    ['fr-CH, fr;q=0.9, en;q=0.8, *;q=0.5', 'fr-CH'],
    ['en;q=0.1, es', 'es'],
    ['xx, de;q=0.5', 'de'],
    ['de;q=0, en', 'en'],
    ['not a language', 'en'],
    ['x-private, i-klingon, de', 'de'],
  ])('of %p is %s', (header, language) => {
    expect(languageOf(header)).toBe(language);
  });

  it('is always one that Intl knows', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 600 }), (header) => {
        expect(() => new Intl.NumberFormat(languageOf(header)).format(1)).not.toThrow();
      }),
    );
  });
});
