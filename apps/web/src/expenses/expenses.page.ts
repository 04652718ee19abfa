import { Injectable } from '@nestjs/common';
import { ApiRefusal } from '../api/api.errors.js';
import { ExpensesApi, type Filters } from '../api/expenses-api.js';
import type { CurrentSession } from '../sessions/browser-session.js';
import { loginPath } from '../login/return-to.js';
import { categoryChart } from './category-chart.js';
import { emptyForm, type ExpenseForm } from './expense-form.js';
import { FILTER_LABELS, withFilters } from './filters.js';
import { monthlyChart } from './monthly-chart.js';
import { totals } from './money.js';

const PAGE_SIZE = '25';
const CREATE = 'create:expenses';

/** Gathers what the expenses page shows. */
@Injectable()
export class ExpensesPage {
  constructor(private readonly api: ExpensesApi) {}

  /** @throws what ExpensesApi throws, except for filters that the API does not take: the page shows those faults */
  async show(session: CurrentSession, filters: Filters, cursor?: string, form?: ExpenseForm) {
    const page = {
      filters,
      filterLabels: FILTER_LABELS,
      canAdd: session.permissions.includes(CREATE),
      askToAdd: loginPath('/expenses', [CREATE]),
      form: form ?? emptyForm(new Date().toISOString().slice(0, 10)),
    };
    try {
      return { ...page, ...(await this.#content(session.id, filters, cursor)) };
    } catch (error) {
      const filtered = cursor !== undefined || Object.keys(filters).length > 0;
      if (filtered && error instanceof ApiRefusal && (error.status === 400 || error.status === 422)) {
        return { ...page, filterErrors: filterErrors(error) };
      }
      throw error;
    }
  }

  async #content(session: string, filters: Filters, cursor?: string) {
    const [list, months, categories] = await Promise.all([
      this.api.list(session, { ...filters, limit: PAGE_SIZE, ...(cursor !== undefined && { cursor }) }),
      this.api.monthly(session, filters),
      this.api.categories(session, filters),
    ]);
    const sums = totals(categories);
    return {
      expenses: list.expenses,
      totals: sums,
      charts: sums.map(({ currency }) => ({
        currency,
        months: monthlyChart(months.filter((row) => row.currency === currency)),
        categories: categoryChart(categories.filter((row) => row.currency === currency)),
      })),
      categoryNames: [...new Set(categories.flatMap(({ category }) => category ?? []))].toSorted(),
      links: {
        csv: withFilters('/expenses.csv', filters),
        first: cursor === undefined ? undefined : withFilters('/expenses', filters),
        next: list.next === undefined ? undefined : withFilters('/expenses', filters, list.next),
      },
    };
  }
}

function filterErrors({ problem }: ApiRefusal): string[] {
  const faults = problem.errors?.map(({ pointer, detail }) => {
    const name = pointer.replace(/^#?\//, '');
    return `${FILTER_LABELS[name] ?? name}: ${detail}`;
  });
  return faults?.length ? faults : [problem.detail ?? 'The expenses service does not take them.'];
}
