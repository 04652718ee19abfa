import type { Filters } from '../api/expenses-api.js';

/** The filters by the API's names, with the page's names for them. */
export const FILTER_LABELS: Readonly<Record<string, string>> = {
  from: 'From',
  to: 'To',
  text: 'Text',
  category: 'Category',
  currency: 'Currency',
  min: 'At least',
  max: 'At most',
};

/** The filters of the expenses page that a query sets; the API judges their values. */
export function filtersIn(query: Readonly<Record<string, unknown>>): Filters {
  const set = Object.keys(FILTER_LABELS)
    .map((name) => [name, query[name]] as const)
    .filter((entry): entry is readonly [string, string] => typeof entry[1] === 'string')
    .map(([name, value]) => [name, name === 'currency' ? value.trim().toUpperCase() : value.trim()] as const);
  return Object.fromEntries(set.filter(([, value]) => value !== ''));
}

/** A path of this application with filters, and a cursor of the API's list. */
export function withFilters(path: string, filters: Filters, cursor?: string): string {
  const query = new URLSearchParams({ ...filters, ...(cursor !== undefined && { cursor }) }).toString();
  return query === '' ? path : `${path}?${query}`;
}
