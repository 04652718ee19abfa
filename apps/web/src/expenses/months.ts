/** A month as `2026-03`, some months later or earlier. */
export function monthAfter(month: string, count: number): string {
  const index = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1 + count;
  const year = String(Math.floor(index / 12)).padStart(4, '0');
  return `${year}-${String((index % 12) + 1).padStart(2, '0')}`;
}

/** The months from the first to the last one. */
export function monthsBetween(first: string, last: string): string[] {
  const months: string[] = [];
  for (let month = first; month <= last; month = monthAfter(month, 1)) months.push(month);
  return months;
}

/** The first and the last day of a month, as `2026-03-01` and `2026-03-31`. */
export function daysOf(month: string): { from: string; to: string } {
  const last = new Date(`${monthAfter(month, 1)}-01T00:00:00Z`);
  last.setUTCDate(0);
  return { from: `${month}-01`, to: last.toISOString().slice(0, 10) };
}

/** Whether a text is a month in the years that expenses can have. */
export function isMonth(text: unknown): text is string {
  return typeof text === 'string' && /^(19|[2-9]\d)\d\d-(0[1-9]|1[0-2])$/.test(text);
}
