import { Big } from 'big.js';

/** A sum in one currency; the total is an exact decimal. */
export interface CurrencySum {
  readonly currency: string;
  readonly count: number;
  readonly total: string;
}

/** Adds sums per currency, exactly; the currency with the most expenses first. */
export function totals(sums: readonly CurrencySum[]): CurrencySum[] {
  const byCurrency = Map.groupBy(sums, ({ currency }) => currency);
  return [...byCurrency]
    .map(([currency, rows]) => Object.assign({ currency }, addUp(rows)))
    .toSorted((a, b) => b.count - a.count || a.currency.localeCompare(b.currency));
}

/** Adds sums of one currency, exactly. */
export function addUp(sums: readonly Pick<CurrencySum, 'count' | 'total'>[]) {
  return {
    count: sums.reduce((count, row) => count + row.count, 0),
    total: sums.reduce((total, row) => total.plus(row.total), Big(0)).toFixed(),
  };
}
