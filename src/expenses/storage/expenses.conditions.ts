import {
  and,
  asc,
  desc,
  eq,
  gte,
  ilike,
  isNull,
  lte,
  type Placeholder,
  type SQL,
  sql,
} from '../../database/drizzle.js';
import { expenses } from '../../database/schema.js';
import type { Position } from '../cursor.js';
import type { Filters, Sort } from '../expenses.query.js';
import { EVERYBODY, type Owners } from '../owner.js';

/** The rows that a query may reach. The one place where owners become SQL: queries on expenses take it from here. */
export function ownedBy(owners: Owners): SQL | undefined {
  return owners === EVERYBODY ? undefined : eq(expenses.owner, owners);
}

/** The rows of these owners that pass all filters. */
export function passes(owners: Owners, filters: Filters): SQL | undefined {
  const { from, to, category, currency, text, min, max } = filters;
  return and(
    ownedBy(owners),
    from === undefined ? undefined : gte(expenses.date, from),
    to === undefined ? undefined : lte(expenses.date, to),
    category === undefined ? undefined : isOfCategory(category),
    currency === undefined ? undefined : eq(expenses.currency, currency),
    text === undefined ? undefined : ilike(expenses.description, `%${escapeWildcards(text)}%`),
    min === undefined ? undefined : sql`${expenses.value} >= ${min}::numeric`,
    max === undefined ? undefined : sql`${expenses.value} <= ${max}::numeric`,
  );
}

/** The order of a list: by date or value, and rows that agree in it by id, which begins with the time of its making. */
export function orderBy(sort: Sort): SQL[] {
  const { column, direction } = sorts[sort];
  return [direction(column), direction(expenses.id)];
}

/** The rows that come after a position in the list. A row comparison, for that is what an index can start at. */
export function comesAfter(sort: Sort, { at, id }: Position | Record<keyof Position, Placeholder>): SQL {
  const { column, type, comparison } = sorts[sort];
  return sql`(${column}, ${expenses.id}) ${comparison} (${at}::${type}, ${id}::uuid)`;
}

const byDate = { column: expenses.date, type: sql.raw('date') };
const byValue = { column: expenses.value, type: sql.raw('numeric') };
const ascending = { direction: asc, comparison: sql.raw('>') };
const descending = { direction: desc, comparison: sql.raw('<') };
const sorts = {
  date: { ...byDate, ...ascending },
  '-date': { ...byDate, ...descending },
  value: { ...byValue, ...ascending },
  '-value': { ...byValue, ...descending },
} satisfies Record<Sort, unknown>;

function isOfCategory(category: string): SQL {
  return category === '' ? isNull(expenses.category) : eq(expenses.category, category);
}

/** Makes text mean itself in a pattern of LIKE. */
function escapeWildcards(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}
