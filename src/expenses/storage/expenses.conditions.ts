import { and, eq, gte, ilike, isNull, lte, type Placeholder, type SQL, sql } from '../../database/drizzle.js';
import { expenses } from '../../database/schema.js';
import type { Position } from '../cursor.js';
import type { Filters } from '../expenses.query.js';
import { EVERYBODY, type Owners } from '../owner.js';

/** The rows that a query may reach. The one place where owners become SQL: queries on expenses take it from here. */
export function ownedBy(owners: Owners): SQL | undefined {
  return owners === EVERYBODY ? undefined : eq(expenses.owner, owners);
}

/** The rows of these owners that pass all filters. */
export function matching(owners: Owners, filters: Filters): SQL | undefined {
  const { from, to, category, currency, text, min, max } = filters;
  return and(
    ownedBy(owners),
    from === undefined ? undefined : gte(expenses.date, from),
    to === undefined ? undefined : lte(expenses.date, to),
    category === undefined ? undefined : ofCategory(category),
    currency === undefined ? undefined : eq(expenses.currency, currency),
    text === undefined ? undefined : ilike(expenses.description, `%${literally(text)}%`),
    min === undefined ? undefined : sql`${expenses.value} >= ${min}::numeric`,
    max === undefined ? undefined : sql`${expenses.value} <= ${max}::numeric`,
  );
}

/** The rows that come after a position in the list. A row comparison, for that is what an index can start at. */
export function comesAfter({ date, id }: Position | Record<keyof Position, Placeholder>): SQL {
  return sql`(${expenses.date}, ${expenses.id}) < (${date}::date, ${id}::uuid)`;
}

function ofCategory(category: string): SQL {
  return category === '' ? isNull(expenses.category) : eq(expenses.category, category);
}

/** Text without the wildcards of LIKE. */
function literally(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}
