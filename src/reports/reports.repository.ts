import { Injectable } from '@nestjs/common';
import { asc, desc, sql } from '../database/drizzle.js';
import { Database } from '../database/database.js';
import { expenses } from '../database/schema.js';
import { isCurrency, minorUnits } from '../money/currencies.js';
import { passes } from '../expenses/storage/expenses.conditions.js';
import type { Filters } from '../expenses/expenses.query.js';
import type { Owners } from '../expenses/owner.js';

/** What was spent in one currency. */
export interface Total {
  readonly currency: string;
  /** Number of expenses. */
  readonly count: number;
  /** The exact sum, as a decimal. */
  readonly total: string;
}

/** What was spent in a month, written as in 2026-03. */
export interface MonthlyTotal extends Total {
  readonly month: string;
}

/** What was spent in a category, `null` for expenses without one. */
export interface CategoryTotal extends Total {
  readonly category: string | null;
}

/** What somebody spent. */
export interface OwnerTotal extends Total {
  /** Their subject. */
  readonly owner: string;
}

const month = sql<string>`to_char(${expenses.date}, 'YYYY-MM')`;
const count = sql<number>`count(*)`.mapWith(Number);
const total = sql<string>`sum(${expenses.value})::text`;

/** Sums expenses, in the database and exactly. */
@Injectable()
export class ReportsRepository {
  constructor(private readonly database: Database) {}

  /** The newest month first. @throws DatabaseUnavailable */
  async monthly(owners: Owners, filters: Filters): Promise<MonthlyTotal[]> {
    const rows = await this.database.query((queries) =>
      queries
        .select({ month: month.as('month'), currency: expenses.currency, count, total })
        .from(expenses)
        .where(passes(owners, filters))
        .groupBy(sql`month`, expenses.currency)
        .orderBy(desc(sql`month`), asc(expenses.currency)),
    );
    return rows.map(withMinorUnits);
  }

  /** By name, expenses without a category last. @throws DatabaseUnavailable */
  async categories(owners: Owners, filters: Filters): Promise<CategoryTotal[]> {
    const rows = await this.database.query((queries) =>
      queries
        .select({ category: expenses.category, currency: expenses.currency, count, total })
        .from(expenses)
        .where(passes(owners, filters))
        .groupBy(expenses.category, expenses.currency)
        .orderBy(asc(expenses.category), asc(expenses.currency)),
    );
    return rows.map(withMinorUnits);
  }

  /** By owner. @throws DatabaseUnavailable */
  async owners(owners: Owners, filters: Filters): Promise<OwnerTotal[]> {
    const rows = await this.database.query((queries) =>
      queries
        .select({ owner: expenses.owner, currency: expenses.currency, count, total })
        .from(expenses)
        .where(passes(owners, filters))
        .groupBy(expenses.owner, expenses.currency)
        .orderBy(asc(expenses.owner), asc(expenses.currency)),
    );
    return rows.map(withMinorUnits);
  }
}

/** Writes a sum with the decimals of its currency: 12.5000 USD as 12.50. No digit but zeros at the end is dropped. */
function withMinorUnits<Row extends Total>(row: Row): Row {
  const [whole, decimals = ''] = row.total.split('.');
  const wanted = isCurrency(row.currency) ? minorUnits(row.currency) : 0;
  const kept = decimals.replace(/0+$/, '').padEnd(wanted, '0');
  return { ...row, total: kept === '' ? whole : `${whole}.${kept}` };
}
