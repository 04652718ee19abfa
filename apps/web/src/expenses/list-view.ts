import type { Query } from '../api/api-client.js';
import type { Formats } from '../locale/formats.js';
import { filtersIn, queryOf } from './filters.js';
import { isMonth } from './months.js';

/** The orders of a list, by the API's names: what comes first, and what the pages before and after hold. */
export const SORTS = {
  '-date': {
    name: 'Newest',
    first: 'Back to the newest',
    previous: 'Newer expenses',
    next: 'Older expenses',
  },
  date: { name: 'Oldest', first: 'Back to the oldest', previous: 'Older expenses', next: 'Newer expenses' },
  '-value': {
    name: 'Largest',
    first: 'Back to the largest',
    previous: 'Larger expenses',
    next: 'Smaller expenses',
  },
  value: {
    name: 'Smallest',
    first: 'Back to the smallest',
    previous: 'Smaller expenses',
    next: 'Larger expenses',
  },
} as const;
/** The order of a list, by the API's name. */
export type Sort = keyof typeof SORTS;

/** What a page of the list shows; all of it stands in the page's address. */
export interface ListView {
  readonly filters: Query;
  /** Whose expenses, when not one's own: a subject, or `*` for everybody's. */
  readonly owner?: string;
  readonly sort: Sort;
  /** The API's place in the list; undefined for the first page. */
  readonly cursor?: string;
  /** Counts from 1. */
  readonly page: number;
  /** The cursors of the pages before this one, the nearest last: the API leads only forth. */
  readonly back: readonly string[];
  /** The month with which the chart of months ends, when it is not the usual one. */
  readonly until?: string;
}

/** Pages that one can go back; then the first page is the way. */
const MAX_BACK = 10;
const MAX_CURSOR_LENGTH = 200;

function isCursor(text: unknown): text is string {
  return typeof text === 'string' && text !== '' && text.length <= MAX_CURSOR_LENGTH;
}

/** The view that a page's query asks for; what makes no sense is left out, and the API judges the rest. */
export function listViewIn(query: Readonly<Record<string, unknown>>): ListView {
  const { sort, cursor, page, back, until } = query;
  const number = typeof page === 'string' && /^[1-9]\d{0,6}$/.test(page) ? Number(page) : 2;
  return {
    filters: filtersIn(query),
    sort: typeof sort === 'string' && Object.hasOwn(SORTS, sort) ? (sort as Sort) : '-date',
    ...(isCursor(cursor) && { cursor }),
    page: isCursor(cursor) ? Math.max(2, number) : 1,
    back: typeof back === 'string' ? back.split(' ').filter(isCursor).slice(-MAX_BACK) : [],
    ...(isMonth(until) && { until }),
  };
}

/** What the API is asked for to get the sums of a view: whose expenses, and which of them. */
export function queryOfSums({ filters, owner }: ListView, format: Formats): Query {
  return { ...queryOf(filters, format), ...(owner !== undefined && { owner }) };
}

/** What the API is asked for to get all rows of a view, from the first one on. */
export function queryOfAll(view: ListView, format: Formats): Query {
  return { ...queryOfSums(view, format), ...(view.sort !== '-date' && { sort: view.sort }) };
}

/** The address of a view at a path of this application. */
export function addressOf(path: string, view: Partial<ListView>): string {
  const { filters, owner, sort, cursor, page, back = [], until } = view;
  const query = new URLSearchParams({
    ...(owner !== undefined && { owner }),
    ...addressedFilters(filters),
    ...(sort !== undefined && sort !== '-date' && { sort }),
    ...(until !== undefined && { until }),
    ...(cursor !== undefined && {
      page: String(page),
      cursor,
      ...(back.length > 0 && { back: back.join(' ') }),
    }),
  }).toString();
  return query === '' ? path : `${path}?${query}`;
}

/** The views before and after this one, as far as one can go. */
export function neighboursOf(view: ListView, next: string | undefined) {
  const { cursor, page, back } = view;
  const forth = cursor === undefined ? [] : [...back, cursor].slice(-MAX_BACK);
  const before = { ...view, cursor: back.at(-1), back: back.slice(0, -1), page: page - 1 };
  return {
    first: page > 1 ? { ...view, cursor: undefined, back: [], page: 1 } : undefined,
    previous: page === 2 || (page > 2 && back.length > 0) ? before : undefined,
    next: next === undefined ? undefined : { ...view, cursor: next, back: forth, page: page + 1 },
  };
}

/** An empty `category` is the API's name for expenses without one; in a form it is a field left empty. */
function addressedFilters({ category, ...filters }: Query = {}): Query {
  if (category === undefined) return filters;
  return category === '' ? { ...filters, without: 'category' } : { ...filters, category };
}
