import { formatMoney, totals } from './money.js';

describe('Money', () => {
  it('is summed exactly, per currency, the one with the most expenses first', () => {
    const sums = [
      { currency: 'EUR', count: 1, total: '5' },
      { currency: 'USD', count: 2, total: '0.1' },
      { currency: 'USD', count: 3, total: '90071992547409910.2' },
    ];
    expect(totals(sums)).toEqual([
      { currency: 'USD', count: 5, total: '90071992547409910.3' },
      { currency: 'EUR', count: 1, total: '5' },
    ]);
  });

  it('is written as people write it, to the last digit', () => {
    expect(formatMoney('90071992547409910.3', 'USD')).toBe('$90,071,992,547,409,910.30');
    expect(formatMoney(-12.5, 'EUR')).toBe('-€12.50');
    expect(formatMoney('1200', 'JPY')).toBe('¥1,200');
  });
});
