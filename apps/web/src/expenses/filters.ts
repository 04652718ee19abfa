import type { Query } from '../api/api-client.js';
import type { Formats } from '../locale/formats.js';

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

/** The filters that a page's query sets; the API judges their values. */
export function filtersIn(query: Readonly<Record<string, unknown>>): Query {
  const set = Object.keys(FILTER_LABELS)
    .map((name) => [name, query[name]] as const)
    .filter((entry): entry is readonly [string, string] => typeof entry[1] === 'string')
    .map(([name, value]) => [name, name === 'currency' ? value.trim().toUpperCase() : value.trim()] as const);
  const given = Object.fromEntries(set.filter(([, value]) => value !== ''));
  return query['without'] === 'category' && given['category'] === undefined
    ? { ...given, category: '' }
    : given;
}

/** The filters in the API's form: amounts as decimals, where they can be read. */
export function queryOf(filters: Query, format: Formats): Query {
  const amounts = (['min', 'max'] as const).flatMap((name) => {
    const typed = filters[name];
    return typed === undefined ? [] : [[name, format.readAmount(typed) ?? typed]];
  });
  return { ...filters, ...Object.fromEntries(amounts) };
}
