import { Injectable } from '@nestjs/common';
import type { Query } from '../api/api-client.js';
import type { ApiRefusal } from '../api/api.errors.js';
import type { Expense } from '../api/api.schemas.js';
import { ExpensesApi } from '../api/expenses-api.js';
import type { Formats } from '../locale/formats.js';
import { categoryChart } from './category-chart.js';
import { FILTER_LABELS } from './filters.js';
import { addressOf, type ListView, neighboursOf, queryOfSums, SORTS } from './list-view.js';
import { totals } from './money.js';
import { monthlyChart } from './monthly-chart.js';
import { daysOf, isMonth } from './months.js';
import { isAboutForm } from './refusals.js';
import { today } from './unusual-date.js';

const PAGE_SIZE = 25;

/** Gathers what a page shows of a list of expenses: one page of it, totals and charts of all of it. */
@Injectable()
export class Overview {
  constructor(private readonly api: ExpensesApi) {}

  /**
   * @param path of the page, to which its links lead
   * @throws what ExpensesApi throws, except for filters that the API does not take: the page shows those faults
   */
  async show(session: string, view: ListView, path: string, format: Formats) {
    const { filters, cursor } = view;
    const shown = {
      path,
      view,
      filters,
      tags: tagsOf(filters, format),
      sorts: SORTS,
      links: linksOf(path, view),
    };
    try {
      return { ...shown, ...(await this.#content(session, view, queryOfSums(view, format))) };
    } catch (error) {
      const filtered = cursor !== undefined || Object.keys(filters).length > 0;
      if (!filtered || !isAboutForm(error)) throw error;
      return { ...shown, filterErrors: filterErrors(error) };
    }
  }

  /** What stands above a list: its filters and sums. @throws what ExpensesApi throws */
  async summary(session: string, view: ListView, format: Formats) {
    const categories = await this.api.categories(session, queryOfSums(view, format));
    return { tags: tagsOf(view.filters, format), totals: totals(categories) };
  }

  async #content(session: string, view: ListView, query: Query) {
    const [list, months, categories] = await Promise.all([
      this.api.list(session, { ...query, ...placeOf(view) }),
      this.api.monthly(session, query),
      this.api.categories(session, query),
    ]);
    const sums = totals(categories);
    const window = { today: today().slice(0, 7), to: monthOf(view.filters['to']), until: view.until };
    return {
      expenses: list.items,
      range: rangeOf(view, list.items, sums),
      neighbours: neighboursOf(view, list.next),
      totals: sums,
      charts: sums.map(({ currency }) => ({
        currency,
        months: monthlyChart(
          months.filter((row) => row.currency === currency),
          window,
        ),
        categories: categoryChart(categories.filter((row) => row.currency === currency)),
      })),
      categoryNames: [...new Set(categories.flatMap(({ category }) => category ?? []))].toSorted(),
    };
  }
}

/** What the page's links lead to: the same view, changed in one thing, from its first page. */
function linksOf(path: string, view: ListView) {
  const first = { ...view, cursor: undefined, back: [], page: 1 };
  const filtered = (more: Query) =>
    addressOf(path, { ...first, until: undefined, filters: { ...view.filters, ...more } });
  return {
    all: addressOf(path, { owner: view.owner }),
    page: (other: ListView) => `${addressOf(path, other)}#list`,
    sort: (sort: ListView['sort']) => `${addressOf(path, { ...first, sort })}#list`,
    until: (until: string) => `${addressOf(path, { ...first, until })}#charts`,
    month: (month: string, currency: Query) => filtered({ ...daysOf(month), ...currency }),
    category: (category: string | null, currency: Query = {}) =>
      filtered({ category: category ?? '', ...currency }),
    csv: addressOf(`${path}.csv`, { filters: view.filters, owner: view.owner, sort: view.sort }),
    print: addressOf(`${path}/print`, { filters: view.filters, owner: view.owner, sort: view.sort }),
  };
}

/** The default order has no name: an API that knows no other takes it, too. */
function placeOf({ sort, cursor }: ListView): Query {
  return {
    limit: String(PAGE_SIZE),
    ...(sort !== '-date' && { sort }),
    ...(cursor !== undefined && { cursor }),
  };
}

/** Which rows of how many the page shows, both counted from 1. */
function rangeOf({ page }: ListView, rows: readonly Expense[], sums: readonly { count: number }[]) {
  const first = (page - 1) * PAGE_SIZE + 1;
  const count = sums.reduce((total, sum) => total + sum.count, 0);
  return { first, last: first + rows.length - 1, count };
}

/** What the page says of each filter. */
function tagsOf(filters: Query, format: Formats): { label: string; text: string }[] {
  return Object.entries(filters).map(([name, value]) => {
    const isDate = (name === 'from' || name === 'to') && isDay(value);
    const text = value === '' ? 'none' : isDate ? format.day(value) : value;
    return { label: FILTER_LABELS[name] ?? name, text };
  });
}

function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
}

function monthOf(date: string | undefined): string | undefined {
  const month = date?.slice(0, 7);
  return isMonth(month) ? month : undefined;
}

function filterErrors({ problem }: ApiRefusal): string[] {
  const faults = problem.errors?.map(({ pointer, detail }) => {
    const name = pointer.replace(/^#?\//, '');
    return `${FILTER_LABELS[name] ?? name}: ${detail}`;
  });
  return faults?.length ? faults : [problem.detail ?? 'The expenses service does not take them.'];
}
