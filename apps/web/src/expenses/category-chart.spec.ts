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

  it('gives what came back a bar on the other side of zero', () => {
    const [meals, refunds] = categoryChart([sum('refunds', '-5'), sum('meals', '15')]);
    expect(meals).toMatchObject({ category: 'meals', x: 25, width: 75, isNegative: false });
    expect(refunds).toMatchObject({ category: 'refunds', x: 0, width: 25, isNegative: true });
    expect(categoryChart([sum('refunds', '-5')])).toMatchObject([{ x: 0, width: 100, isNegative: true }]);
  });

  it('shows the ten largest, also of what came back, and adds up the others exactly', () => {
    const rows = Array.from({ length: 13 }, (_, index) => sum(`c${index}`, `${index + 1}.10`));
    const bars = categoryChart([...rows, sum('refund', '-100')]);
    expect(bars.map(({ category }) => category)).toEqual([
      'c12',
      'c11',
      'c10',
      'c9',
      'c8',
      'c7',
      'c6',
      'c5',
      'c4',
      'refund',
      undefined,
    ]);
    expect(bars.at(-1)).toMatchObject({ categories: 4, count: 4, total: '10.4' });
  });

  it('has no others when there are ten', () => {
    const rows = Array.from({ length: 10 }, (_, index) => sum(`c${index}`, '1'));
    expect(categoryChart(rows).every(({ categories }) => categories === 1)).toBe(true);
    expect(categoryChart(rows)).toHaveLength(10);
  });
});
