import { formatDay, formatMonth, formatShortMonth, formatTime } from './dates.js';

describe('Dates', () => {
  it('are written out, whatever the time zone of the server', () => {
    expect(formatDay('2026-03-09')).toBe('Mar 9, 2026');
    expect(formatMonth('2026-03')).toBe('March 2026');
    expect(formatShortMonth('2026-03', false)).toBe('Mar');
    expect(formatShortMonth('2026-01', true)).toBe('Jan ’26');
    expect(formatTime(new Date('2026-03-09T15:04:05Z'))).toBe('March 9, 2026 at 3:04 PM UTC');
  });
});
