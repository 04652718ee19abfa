import { Big } from 'big.js';
import { scaleLinear } from 'd3-scale';
import type { CategorySum } from '../api/api.schemas.js';
import { addUp } from './money.js';

/** One category, or the rest of them, in a bar chart of one currency. */
export interface CategoryBar {
  /** Null for expenses without a category; undefined for the rest. */
  readonly category?: string | null | undefined;
  /** How many categories the bar stands for. */
  readonly categories: number;
  readonly count: number;
  readonly total: string;
  /** Where the bar begins and how long it is, in percent of the plot's width. */
  readonly x: number;
  readonly width: number;
  /** More came back than was spent: the bar is on the other side of the zero line. */
  readonly isNegative: boolean;
}

type Sum = Pick<CategoryBar, 'category' | 'count' | 'total'>;

const MAX_BARS = 10;

/** The bars of sums in one currency: the ten largest, whether spent or come back, and the others together. */
export function categoryChart(rows: readonly CategorySum[]): CategoryBar[] {
  const bySize = rows.toSorted((a, b) => Big(b.total).abs().cmp(Big(a.total).abs()));
  const others = bySize.slice(MAX_BARS);
  const sums: Sum[] = [
    ...bySize.slice(0, MAX_BARS).toSorted((a, b) => Big(b.total).cmp(a.total)),
    ...(others.length > 0 ? [addUp(others)] : []),
  ];
  const amounts = sums.map(({ total }) => Number(total));
  const x = scaleLinear([Math.min(0, ...amounts), Math.max(0, ...amounts)], [0, 100]);
  return sums.map((sum) => {
    const amount = Number(sum.total);
    const [from, to] = [x(Math.min(0, amount)), x(Math.max(0, amount))];
    return {
      category: sum.category,
      categories: sum.category === undefined ? others.length : 1,
      count: sum.count,
      total: sum.total,
      x: from,
      width: to - from,
      isNegative: amount < 0,
    };
  });
}
