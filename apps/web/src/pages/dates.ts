const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' });
const month = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });
const shortMonth = new Intl.DateTimeFormat('en', { month: 'short', timeZone: 'UTC' });
const time = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

/** `2026-03-09` as `Mar 9, 2026`. */
export function formatDay(date: string): string {
  return day.format(new Date(`${date}T00:00:00Z`));
}

/** `2026-03` as `March 2026`, or short: `Mar`, and `2026` for January. */
export function formatMonth(name: string, style?: 'short'): string {
  const date = new Date(`${name}-01T00:00:00Z`);
  if (style !== 'short') return month.format(date);
  return name.endsWith('-01') ? name.slice(0, 4) : shortMonth.format(date);
}

/** A moment in UTC, to the minute. */
export function formatTime(moment: Date): string {
  return `${time.format(moment)} UTC`;
}
