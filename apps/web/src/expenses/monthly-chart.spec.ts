import { monthlyChart } from './monthly-chart.js';

const WINDOW = { today: '2026-03' };

const sum = (month: string, total: string) => ({ month, currency: 'USD', count: 1, total });

const yearsFrom = (first: string) => monthlyChart([sum(first, '1')], WINDOW).years.map(({ year }) => year);

describe('The chart of months', () => {
  it('shows months without expenses between those that have some', () => {
    const chart = monthlyChart([sum('2026-02', '10'), sum('2025-11', '20')], { today: '2026-02' });
    expect(chart.columns.map(({ month }) => month)).toEqual(['2025-11', '2025-12', '2026-01', '2026-02']);
    expect(chart.columns.map(({ height }) => height)).toEqual([100, 0, 0, 50]);
  });

  it('stands on a zero line and has round gridlines', () => {
    const chart = monthlyChart([sum('2026-01', '950.10'), sum('2026-02', '-30')], WINDOW);
    const zero = chart.gridlines.find(({ value }) => value === 0);
    const [up, down] = chart.columns ?? [];
    expect((up?.y ?? 0) + (up?.height ?? 0)).toBeCloseTo(zero?.y ?? NaN);
    expect(down?.y).toBeCloseTo(zero?.y ?? NaN);
    expect(chart.gridlines.every(({ value }) => value % 100 === 0)).toBe(true);
  });

  it('keeps inside the plot, and side by side', () => {
    const chart = monthlyChart(
      ['2026-01', '2026-02', '2026-03'].map((month, i) => sum(month, `${i * 7}`)),
      WINDOW,
    );
    let end = 0;
    for (const { x, width, y, height } of chart.columns ?? []) {
      expect(x).toBeGreaterThanOrEqual(end);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y + height).toBeLessThanOrEqual(100.001);
      end = x + width;
    }
    expect(end).toBeLessThanOrEqual(100);
  });

  it('shows two years at most, and names at most eight months', () => {
    const chart = monthlyChart([sum('2024-04', '1'), sum('2026-03', '2')], WINDOW);
    expect(chart.columns).toHaveLength(24);
    expect(chart.columns.at(-1)).toMatchObject({ month: '2026-03', named: true });
    expect(chart.columns.filter(({ named }) => named).length).toBeLessThanOrEqual(8);
  });

  it('names each year below its first month, where there is room', () => {
    expect(yearsFrom('2024-04')).toEqual(['2024', '2025', '2026']);
    expect(yearsFrom('2024-12')).toEqual(['2025', '2026']);
    expect(yearsFrom('2026-03')).toEqual(['2026']);
  });
});
