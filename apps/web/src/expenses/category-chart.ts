import { Big } from 'big.js';
import type { CategorySum } from '../api/api.schemas.js';

/** One category in a bar chart of one currency. */
export interface CategoryBar {
  readonly category: string | null;
  readonly count: number;
  readonly total: string;
  /** Length in percent of the longest bar. */
  readonly width: number;
}

/** The bars of sums in one currency, the largest first. A negative total (a refund) has a bar of no length. */
export function categoryChart(rows: readonly CategorySum[]): CategoryBar[] {
  const sorted = rows.toSorted((a, b) => Big(b.total).cmp(a.total));
  const longest = Math.max(Number(sorted[0]?.total ?? 0), 0);
  return sorted.map(({ category, count, total }) => {
    const width = longest === 0 ? 0 : (Math.max(Number(total), 0) / longest) * 100;
    return { category, count, total, width };
  });
}
