import { categoryCharts } from './category-chart.js';

const sum = (category: string | null, total: string, currency = 'USD') => ({
  category,
  currency,
  count: 1,
  total,
});

describe('The chart of categories', () => {
  it('puts the largest first, its bar the whole length', () => {
    const [chart] = categoryCharts([sum('meals', '9.5'), sum(null, '38'), sum('travel', '19')]);
    expect(chart?.bars.map(({ category, width }) => [category, width])).toEqual([
      [null, 100],
      ['travel', 50],
      ['meals', 25],
    ]);
  });

  it('gives what came back no bar', () => {
    const [chart] = categoryCharts([sum('refunds', '-5')]);
    expect(chart?.bars).toMatchObject([{ width: 0, total: '-5' }]);
  });

  it('never adds currencies', () => {
    expect(categoryCharts([sum('a', '1'), sum('a', '1', 'EUR')])).toHaveLength(2);
  });
});
