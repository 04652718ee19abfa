import { scaleBand, scaleLinear } from 'd3-scale';
import type { MonthSum } from '../api/api.schemas.js';
import { type ChartWindow, chartWindow, type WindowOptions } from './chart-window.js';
import { monthsBetween } from './months.js';

/** A column chart of one currency, in percent of the plot's width and height, for an SVG that fits any width. */
export interface MonthlyChart {
  readonly window: ChartWindow;
  readonly columns: readonly Column[];
  readonly gridlines: readonly { readonly value: number; readonly y: number }[];
  /** Each year below the first of its months. */
  readonly years: readonly { readonly year: string; readonly x: number }[];
}

interface Column {
  /** As in `2026-03`. */
  readonly month: string;
  readonly total: string;
  readonly count: number;
  readonly x: number;
  readonly width: number;
  readonly y: number;
  readonly height: number;
  /** Whether the month is named below its column: with many columns there is no room for all names. */
  readonly named: boolean;
}

const MAX_NAMES = 8;
/** Few columns stay slim, in percent of the plot's width. */
const MAX_WIDTH = 12;
const GRIDLINES = 3;
/** A year's name needs so much of the plot's width before the next one, in percent. */
const YEAR_ROOM = 12;

/** The chart of sums in one currency; months without an expense have a column of no height. */
export function monthlyChart(rows: readonly MonthSum[], options: WindowOptions): MonthlyChart {
  const byMonth = new Map(rows.map((row) => [row.month, row]));
  const window = chartWindow([...byMonth.keys()], options);
  const months = monthsBetween(window.first, window.last);
  const totals = months.map((month) => Number(byMonth.get(month)?.total ?? 0));
  const y = scaleLinear([Math.min(0, ...totals), Math.max(0, ...totals)], [100, 0]).nice(GRIDLINES);
  const x = scaleBand(months, [0, 100]).padding(0.3);
  const width = Math.min(x.bandwidth(), MAX_WIDTH);
  const step = Math.ceil(months.length / MAX_NAMES);
  const columns = months.map((month, index) => {
    const total = totals[index] ?? 0;
    return {
      month,
      total: byMonth.get(month)?.total ?? '0',
      count: byMonth.get(month)?.count ?? 0,
      x: (x(month) ?? 0) + (x.bandwidth() - width) / 2,
      width,
      y: Math.min(y(0), y(total)),
      height: Math.abs(y(0) - y(total)),
      named: (months.length - 1 - index) % step === 0,
    };
  });
  return {
    window,
    columns,
    gridlines: y.ticks(GRIDLINES).map((value) => ({ value, y: y(value) })),
    years: yearsBelow(columns),
  };
}

function yearsBelow(columns: readonly Column[]): { year: string; x: number }[] {
  const firsts = columns.filter(({ month }, index) => index === 0 || month.endsWith('-01'));
  const years = firsts.map(({ month, x }) => ({ year: month.slice(0, 4), x }));
  // The last months of a year may leave no room for its name: the next year is named, and this one goes without saying.
  return years.filter(
    ({ x }, index) => (years[index + 1]?.x ?? 100) - x >= YEAR_ROOM || index === years.length - 1,
  );
}
