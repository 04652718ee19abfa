import { monthAfter } from './months.js';

/** Months that a chart shows at most. */
const LENGTH = 24;
const YEAR = 12;

/** The months that a chart shows, each as `2026-03`. */
export interface ChartWindow {
  readonly first: string;
  readonly last: string;
  /** Where the window ends that shows what is earlier or later; undefined when there is nothing. */
  readonly before?: string;
  readonly after?: string;
}

/** What may move the end of the window. */
export interface WindowOptions {
  /** This month. */
  readonly today: string;
  /** The month of the last date that is let through by a filter. */
  readonly to?: string;
  /** The month that the person chose. */
  readonly until?: string;
}

/**
 * Two years of months, or as many as have expenses. They end where the person wants, else at the filter's end, else
 * today: an expense in a far future does not hide the present. Only when these two years are empty, they end at the last
 * expense before them.
 *
 * @param months those with expenses, in any order
 */
export function chartWindow(months: readonly string[], { today, to, until }: WindowOptions): ChartWindow {
  const sorted = months.toSorted();
  const usual = to ?? today;
  const last = until ?? (within(sorted, usual).length > 0 ? usual : (previous(sorted, usual) ?? usual));
  const shown = within(sorted, last);
  const first = shown[0] ?? monthAfter(last, 1 - LENGTH);
  const earlier = previous(sorted, first);
  const later = sorted.find((month) => month > last);
  return {
    first,
    last,
    // A year further, or as far as there is nothing to see in between.
    ...(earlier !== undefined && { before: smaller(monthAfter(last, -YEAR), earlierEnd(earlier, last)) }),
    ...(later !== undefined && { after: larger(monthAfter(last, YEAR), later) }),
  };
}

function within(sorted: readonly string[], last: string): string[] {
  const first = monthAfter(last, 1 - LENGTH);
  return sorted.filter((month) => month >= first && month <= last);
}

function previous(sorted: readonly string[], month: string): string | undefined {
  return sorted.findLast((candidate) => candidate < month);
}

/** The end of the window a year before, unless what is earlier is out of its sight. */
function earlierEnd(earlier: string, last: string): string {
  const yearBefore = monthAfter(last, -YEAR);
  return earlier < monthAfter(yearBefore, 1 - LENGTH) ? earlier : yearBefore;
}

const smaller = (a: string, b: string) => (a < b ? a : b);
const larger = (a: string, b: string) => (a > b ? a : b);
