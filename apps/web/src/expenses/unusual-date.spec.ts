import { needsConfirmation } from './unusual-date.js';

describe('A date', () => {
  it.each(['2026-02-28', '2026-03-01', '2026-03-02', '1990-01-01'])('such as %s is kept', (date) => {
    expect(needsConfirmation({ date }, '2026-03-01')).toBe(false);
  });

  it.each(['2026-03-03', '2099-01-01', '1989-12-31', '0026-03-01'])('such as %s is asked about', (date) => {
    expect(needsConfirmation({ date }, '2026-03-01')).toBe(true);
    expect(needsConfirmation({ date, confirmed: date }, '2026-03-01')).toBe(false);
    expect(needsConfirmation({ date, confirmed: '2099-12-31' }, '2026-03-01')).toBe(true);
  });

  it('that is none is left to the API', () => {
    expect(needsConfirmation({ date: 'soon' }, '2026-03-01')).toBe(false);
    expect(needsConfirmation({}, '2026-03-01')).toBe(false);
  });

  it('may be tomorrow at the end of a month and of a year', () => {
    expect(needsConfirmation({ date: '2027-01-01' }, '2026-12-31')).toBe(false);
    expect(needsConfirmation({ date: '2027-01-02' }, '2026-12-31')).toBe(true);
  });
});
