import type { Change } from '../api/api.schemas.js';
import type { ExpenseFields } from '../api/expenses-api.js';
import type { Formats } from '../locale/formats.js';

/** The members of an expense by their names on pages. */
const NAMES: Readonly<Record<keyof ExpenseFields, string>> = {
  date: 'Date',
  description: 'Description',
  value: 'Value',
  currency: 'Currency',
  category: 'Category',
};

/** A member that differs between two versions of an expense, both written for people. */
export interface Difference {
  readonly name: string;
  /** Undefined in what did not exist yet, or no longer. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** A step in the history of an expense, for people. */
export interface HistoryStep {
  readonly at: Date;
  readonly action: Change['action'];
  readonly who: string;
  readonly application: string | null;
  readonly differences: readonly Difference[];
}

/**
 * The steps of a history as a page shows them, in the order given.
 *
 * @param subject of the person who reads it
 */
export function historyOf(changes: readonly Change[], subject: string, format: Formats): HistoryStep[] {
  return changes.map((step) => ({
    at: new Date(step.at),
    action: step.action,
    who: step.subject === subject ? 'You' : step.subject,
    application: step.clientId,
    differences: differencesOf(step.before, step.after, format),
  }));
}

/** What differs between two versions; of a version alone, everything. */
export function differencesOf(
  before: ExpenseFields | null,
  after: ExpenseFields | null,
  format: Formats,
): Difference[] {
  const names = Object.keys(NAMES) as (keyof ExpenseFields)[];
  return names
    .filter((name) => before?.[name] !== after?.[name])
    .map((name) => ({
      name: NAMES[name],
      before: before ? written(before, name, format) : undefined,
      after: after ? written(after, name, format) : undefined,
    }));
}

function written(expense: ExpenseFields, name: keyof ExpenseFields, format: Formats): string {
  if (name === 'date') return format.day(expense.date);
  if (name === 'value') return format.money(expense.value, expense.currency);
  return expense[name] ?? 'none';
}
