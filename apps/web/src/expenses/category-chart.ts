import { Big } from 'big.js';
import type { CategorySum } from '../api/api.schemas.js';

/** A bar chart of one currency's categories, the largest first. */
export interface CategoryChart {
  readonly currency: string;
  readonly bars: readonly Bar[];
}

interface Bar {
  readonly category: string | null;
  readonly count: number;
  readonly total: string;
  /** Length in percent of the longest bar. */
  readonly width: number;
}

/** The chart of each currency's categories. A negative total (a refund) has a bar of no length. */
export function categoryCharts(sums: readonly CategorySum[]): CategoryChart[] {
  const byCurrency = Map.groupBy(sums, ({ currency }) => currency);
  return [...byCurrency].map(([currency, rows]) => {
    const sorted = rows.toSorted((a, b) => Big(b.total).cmp(a.total));
    const longest = Math.max(Number(sorted[0]?.total ?? 0), 0);
    const width = (total: string) => (longest === 0 ? 0 : (Math.max(Number(total), 0) / longest) * 100);
    return {
      currency,
      bars: sorted.map(({ category, count, total }) => ({ category, count, total, width: width(total) })),
    };
  });
}
