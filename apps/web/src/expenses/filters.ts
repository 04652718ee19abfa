import type { Filters } from '../api/expenses-api.js';

const NAMES = ['from', 'to', 'category', 'currency', 'text', 'min', 'max'];

/** The filters of the expenses page that a query sets; the API judges their values. */
export function filtersIn(query: Readonly<Record<string, unknown>>): Filters {
  const set = NAMES.map((name) => [name, query[name]] as const)
    .filter((entry): entry is readonly [string, string] => typeof entry[1] === 'string')
    .map(([name, value]) => [name, name === 'currency' ? value.trim().toUpperCase() : value.trim()] as const);
  return Object.fromEntries(set.filter(([, value]) => value !== ''));
}

/** A path of this application with filters, and a cursor of the API's list. */
export function withFilters(path: string, filters: Filters, cursor?: string): string {
  const query = new URLSearchParams({ ...filters, ...(cursor !== undefined && { cursor }) }).toString();
  return query === '' ? path : `${path}?${query}`;
}
