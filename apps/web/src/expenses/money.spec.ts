import { totals } from './money.js';

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
});
