import { Formats } from './formats.js';

const formats = (language: string) => Formats.in(language);
/** Newer versions of Unicode's data use other spaces. */
const plain = (text: string) => text.replaceAll(/\s/gu, ' ');

describe('Formats', () => {
  it('write dates out, whatever the time zone of the server', () => {
    expect(formats('en').day('2026-03-09')).toBe('Mar 9, 2026');
    expect(formats('en').month('2026-03')).toBe('March 2026');
    expect(formats('en').shortMonth('2026-03')).toBe('Mar');
    expect(plain(formats('en').time(new Date('2026-03-09T15:04:05Z')))).toBe('March 9, 2026 at 3:04 PM UTC');
  });

  it.each([
    ['en', '$1,234.50', 'Mar 9, 2026', 'March 2026'],
    ['en-GB', 'US$1,234.50', '9 Mar 2026', 'March 2026'],
    ['de', '1.234,50 $', '09.03.2026', 'März 2026'],
    ['fr', '1 234,50 $US', '9 mars 2026', 'mars 2026'],
    ['es', '1234,50 US$', '9 mar 2026', 'marzo de 2026'],
  ])('are those of %s', (language, money, day, month) => {
    expect(plain(formats(language).money('1234.5', 'USD'))).toBe(money);
    expect(formats(language).day('2026-03-09')).toBe(day);
    expect(formats(language).month('2026-03')).toBe(month);
  });

  it.each(['ar-EG', 'fa', 'th', 'hi-u-nu-deva'])(
    'use the digits and the calendar of the forms in %s',
    (language) => {
      expect(formats(language).day('2026-03-09')).toContain('2026');
      expect(formats(language).count(7)).toContain('7');
    },
  );

  it('are exact beyond the precision of a number', () => {
    expect(formats('en').money('12345678901234567890.12', 'USD')).toBe('$12,345,678,901,234,567,890.12');
  });

  it.each([
    ['en', 1234.5, 'USD', '1234.50'],
    ['de', -1234.5, 'EUR', '-1234,50'],
    ['de', 1234, 'JPY', '1234'],
    ['fr', 1.2345, 'EUR', '1,2345'],
    ['sv', -1.5, 'SEK', '-1,50'],
  ])('fill a field in %s with %d %s, which they read again', (language, amount, currency, field) => {
    expect(formats(language).amountField(amount, currency)).toBe(field);
    expect(Number(formats(language).readAmount(field))).toBe(amount);
  });
});
