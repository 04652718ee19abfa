import { categoryChart } from './category-chart.js';

const sum = (category: string | null, total: string, currency = 'USD') => ({
  category,
  currency,
  count: 1,
  total,
});

describe('The chart of categories', () => {
  it('puts the largest first, its bar the whole length', () => {
    const bars = categoryChart([sum('meals', '9.5'), sum(null, '38'), sum('travel', '19')]);
    expect(bars.map(({ category, width }) => [category, width])).toEqual([
      [null, 100],
      ['travel', 50],
      ['meals', 25],
    ]);
  });

  it('gives what came back no bar', () => {
    const bars = categoryChart([sum('refunds', '-5')]);
    expect(bars).toMatchObject([{ width: 0, total: '-5' }]);
  });
});
