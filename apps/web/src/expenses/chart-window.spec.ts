import { chartWindow } from './chart-window.js';
import { monthAfter } from './months.js';

const today = '2026-03';

describe('The window of the chart of months', () => {
  it('ends today, whatever is dated later', () => {
    const window = chartWindow(['2026-01', '2099-12'], { today });
    expect(window).toEqual({ first: '2026-01', last: '2026-03', after: '2099-12' });
  });

  it('begins with the first expense, two years back at most', () => {
    expect(chartWindow(['2020-01', '2025-01', '2026-03'], { today })).toMatchObject({ first: '2025-01' });
    expect(chartWindow(['2024-03', '2024-04', '2026-03'], { today })).toMatchObject({ first: '2024-04' });
  });

  it('ends with the filter', () => {
    expect(chartWindow(['2025-01'], { today, to: '2025-06' })).toEqual({ first: '2025-01', last: '2025-06' });
  });

  it('ends with the last expense before, when nothing is in these two years', () => {
    expect(chartWindow(['2021-07', '2021-08', '2099-01'], { today })).toEqual({
      first: '2021-07',
      last: '2021-08',
      after: '2099-01',
    });
  });

  it('offers the year before and after', () => {
    const months = Array.from({ length: 60 }, (_, index) => monthAfter('2021-04', index));
    expect(chartWindow(months, { today })).toEqual({ first: '2024-04', last: '2026-03', before: '2025-03' });
    expect(chartWindow(months, { today, until: '2024-03' })).toEqual({
      first: '2022-04',
      last: '2024-03',
      before: '2023-03',
      after: '2025-03',
    });
  });

  it('goes over years without expenses in one step', () => {
    const months = ['2001-05', '2026-03'];
    expect(chartWindow(months, { today })).toMatchObject({ before: '2001-05' });
    expect(chartWindow(months, { today, until: '2001-05' })).toMatchObject({ after: '2026-03' });
  });

  it('is there without any expense', () => {
    expect(chartWindow([], { today })).toEqual({ first: '2024-04', last: '2026-03' });
  });
});
