import { assert, constantFrom, integer, property, string } from 'fast-check';
import { newExpenseSchema } from './expense.schema.js';

/** Decimals by ISO 4217, written down here: what the service believes of them is what is tested. */
const decimals = [
  ...['JPY', 'KRW', 'CLP', 'ISK', 'UGX', 'VND', 'XAF', 'UYI', 'ITL'].map((code) => [code, 0] as const),
  ...['USD', 'EUR', 'HUF', 'COP', 'IDR', 'PKR', 'LBP', 'MGA', 'VED', 'XCG', 'ZWG', 'BGN'].map(
    (code) => [code, 2] as const,
  ),
  ...['BHD', 'IQD', 'KWD', 'TND'].map((code) => [code, 3] as const),
  ...['CLF', 'UYW', 'XAU'].map((code) => [code, 4] as const),
];

const newExpense = newExpenseSchema('USD');
const expense = (fields: object) =>
  newExpense.safeParse({ date: '2026-03-31', description: 'x', value: 1, currency: 'USD', ...fields });

describe('A new expense', () => {
  it('may have any value of whole minor units, which stays the number that it is', () => {
    const amounts = integer({ min: -(10 ** 11) + 1, max: 10 ** 11 - 1 });
    assert(
      property(
        constantFrom(...decimals),
        amounts,
        integer({ min: 1, max: 9999 }),
        ([currency, digits], whole, part) => {
          const value = Number(`${whole}.${String(part % 10 ** digits).padStart(digits, '0')}`);
          if (value === 0) return;
          expect(expense({ currency, value }).data).toMatchObject({ value });
        },
      ),
    );
  });

  it('has no value with more decimals than its currency', () => {
    assert(
      property(constantFrom(...decimals), integer({ min: 0, max: 10 ** 9 }), ([currency, digits], whole) => {
        const value = Number(`${whole}.${'0'.repeat(digits)}1`);
        expect(expense({ currency, value }).success).toBe(false);
      }),
    );
  });

  it('is measured by the default currency when it names none', () => {
    const inYen = newExpenseSchema('JPY');
    const fields = { date: '2026-03-31', description: 'x' };
    expect(inYen.safeParse({ ...fields, value: 1.5 }).error?.issues[0]?.path).toEqual(['value']);
    // As a row of a file has it, where the column is empty or missing.
    expect(inYen.safeParse({ ...fields, value: 1.5, currency: undefined }).success).toBe(false);
    expect(inYen.parse({ ...fields, value: 2 })).toMatchObject({ currency: 'JPY', category: null });
  });

  it.each(['XXX', 'XTS', 'usd', 'ABC', '', 'toString'])('has no currency %j', (currency) => {
    expect(expense({ currency }).success).toBe(false);
  });

  it.each([
    '\u200b\u200b',
    '\u2060',
    '\ufeff',
    '\u00ad',
    '\u3164',
    '\u2800',
    '\u180e \u200d',
    '\ufe0f',
    '\u115f',
    '\u034f',
    '\u{e0020}',
    '\u{1d159}',
    '\u2028',
  ])('has no description without anything to see: %j', (description) => {
    expect(expense({ description }).success).toBe(false);
  });

  it.each(['\u{1F468}\u200d\u{1F469}', '\u0645\u06cc\u200c\u062e', '.', '\u0301x'])(
    'may be described by %j',
    (description) => {
      expect(expense({ description }).success).toBe(true);
    },
  );

  it('has text without control characters, composed and trimmed', () => {
    assert(
      property(string({ unit: 'binary', maxLength: 600 }), (description) => {
        const { data } = expense({ description });
        if (!data) return;
        expect(data.description).toBe(data.description.normalize('NFC').trim());
        expect(data.description).toMatch(/^[^\p{Cc}\p{Cs}]{1,500}$/u);
      }),
    );
  });

  it('counts characters as people do, not UTF-16 units', () => {
    expect(expense({ description: '\u{1F355}'.repeat(500) }).success).toBe(true);
    expect(expense({ description: '\u{1F355}'.repeat(501) }).success).toBe(false);
  });
});
