import { assert, constantFrom, integer, property, string } from 'fast-check';
import { currencies, minorDigits } from './currencies.js';
import { newExpense } from './expense.schema.js';

const expense = (fields: object) =>
  newExpense.safeParse({ date: '2026-03-31', description: 'x', value: 1, currency: 'USD', ...fields });

describe('A new expense', () => {
  it('may have any value of whole minor units, which stays the number that it is', () => {
    const amounts = integer({ min: -(10 ** 11) + 1, max: 10 ** 11 - 1 });
    assert(
      property(
        constantFrom(...currencies),
        amounts,
        integer({ min: 1, max: 999 }),
        (currency, whole, part) => {
          const digits = minorDigits(currency);
          const value = Number(`${whole}.${String(part % 10 ** digits).padStart(digits, '0')}`);
          if (value === 0) return;
          expect(expense({ currency, value }).data).toMatchObject({ value });
        },
      ),
    );
  });

  it('has no value with more decimals than its currency', () => {
    assert(
      property(constantFrom(...currencies), integer({ min: 0, max: 10 ** 9 }), (currency, whole) => {
        const value = Number(`${whole}.${'0'.repeat(minorDigits(currency))}1`);
        expect(expense({ currency, value }).success).toBe(false);
      }),
    );
  });

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
