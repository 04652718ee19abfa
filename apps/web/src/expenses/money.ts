import { Big } from 'big.js';

/** A sum in one currency; the total is an exact decimal. */
export interface CurrencySum {
  readonly currency: string;
  readonly count: number;
  readonly total: string;
}

/** An amount as people write it, as in `$1,234.50`. Takes exact decimals beyond a number's precision. */
export function formatMoney(amount: string | number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  return format.format(amount as Intl.StringNumericLiteral);
}

/** Adds sums per currency, exactly; the currency with the most expenses first. */
export function totals(sums: readonly CurrencySum[]): CurrencySum[] {
  const byCurrency = Map.groupBy(sums, ({ currency }) => currency);
  return [...byCurrency]
    .map(([currency, rows]) => ({
      currency,
      count: rows.reduce((count, row) => count + row.count, 0),
      total: rows.reduce((total, row) => total.plus(row.total), Big(0)).toFixed(),
    }))
    .toSorted((a, b) => b.count - a.count || a.currency.localeCompare(b.currency));
}
