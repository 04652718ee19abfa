import { scaleBand, scaleLinear } from 'd3-scale';
import type { MonthSum } from '../api/api.schemas.js';

/** A column chart of one currency, in percent of the plot's width and height, for an SVG that fits any width. */
export interface MonthlyChart {
  readonly columns: readonly Column[];
  readonly gridlines: readonly { readonly value: number; readonly y: number }[];
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

/** Columns that are shown at most: the latest two years. */
const MAX_MONTHS = 24;
const MAX_NAMES = 8;
/** Few columns stay slim, in percent of the plot's width. */
const MAX_WIDTH = 12;
const GRIDLINES = 3;

/** The chart of sums in one currency; months without an expense have a column of no height. */
export function monthlyChart(rows: readonly MonthSum[]): MonthlyChart {
  const byMonth = new Map(rows.map((row) => [row.month, row]));
  const months = monthsBetween(rows.map(({ month }) => month)).slice(-MAX_MONTHS);
  const totals = months.map((month) => Number(byMonth.get(month)?.total ?? 0));
  const y = scaleLinear([Math.min(0, ...totals), Math.max(0, ...totals)], [100, 0]).nice(GRIDLINES);
  const x = scaleBand(months, [0, 100]).padding(0.3);
  const width = Math.min(x.bandwidth(), MAX_WIDTH);
  const step = Math.ceil(months.length / MAX_NAMES);
  return {
    gridlines: y.ticks(GRIDLINES).map((value) => ({ value, y: y(value) })),
    columns: months.map((month, index) => {
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
    }),
  };
}

/** All months from the first to the last. */
function monthsBetween(months: readonly string[]): string[] {
  const sorted = months.toSorted();
  const last = sorted.at(-1) ?? '';
  const all: string[] = [];
  for (let month = sorted[0] ?? ''; month !== '' && month <= last; month = following(month)) all.push(month);
  return all;
}

function following(month: string): string {
  const date = new Date(`${month}-01T00:00:00Z`);
  date.setUTCMonth(date.getUTCMonth() + 1);
  return date.toISOString().slice(0, 7);
}
