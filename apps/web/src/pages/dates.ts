const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' });
const month = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });
const shortMonth = new Intl.DateTimeFormat('en', { month: 'short', timeZone: 'UTC' });
const time = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

/** `2026-03-09` as `Mar 9, 2026`. */
export function formatDay(date: string): string {
  return day.format(new Date(`${date}T00:00:00Z`));
}

/** `2026-03` as `March 2026`. */
export function formatMonth(name: string): string {
  return month.format(new Date(`${name}-01T00:00:00Z`));
}

/** `2026-03` as `Mar`, or with its year as `Mar ’26`. */
export function formatShortMonth(name: string, withYear: boolean): string {
  const short = shortMonth.format(new Date(`${name}-01T00:00:00Z`));
  return withYear ? `${short} ’${name.slice(2, 4)}` : short;
}

/** A moment in UTC, to the minute. */
export function formatTime(moment: Date): string {
  return `${time.format(moment)} UTC`;
}
