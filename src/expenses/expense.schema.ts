import { z } from 'zod';
import { isCurrency, minorUnits } from '../money/currencies.js';
import { SHOWN_OWNER } from './owner.js';
import { amount, calendarDate, currency, line } from './expense.fields.js';

const description = line(500);
const category = line(50);

/** What to say of a body that is none, or something else. */
const NO_OBJECT = 'must be a JSON object';

/** What clients send of a new expense. */
export const newExpense = z
  .strictObject(
    {
      date: calendarDate,
      description,
      value: amount,
      currency: currency.optional().describe('Default: DEFAULT_CURRENCY of the service'),
      category: category.nullish().describe('Default: null, which is none'),
    },
    NO_OBJECT,
  )
  .meta({ id: 'NewExpense' });

/**
 * Reads the body of `POST /expenses`, and a row of an import.
 * @param defaultCurrency of expenses without one; also what their value is measured by
 */
export function newExpenseSchema(defaultCurrency: string) {
  return newExpense
    .refine((expense) => fitsCurrency(expense, defaultCurrency), {
      path: ['value'],
      error: ({ input }) => decimalsFault((input as { currency?: string }).currency ?? defaultCurrency),
      when: () => true,
    })
    .transform(({ currency: code = defaultCurrency, category: name = null, ...expense }) => ({
      ...expense,
      currency: code,
      category: name,
    }));
}

/** What the service itself writes of an expense. A client may send it back as it got it, and may not change it. */
const serverWritten = {
  id: z.unknown().optional(),
  createdAt: z.unknown().optional(),
  updatedAt: z.unknown().optional(),
  owner: z.unknown().optional(),
};

/**
 * The body of `PATCH /expenses/:id`, a JSON merge patch (RFC 7396): `null` removes, and only the category can go. It may
 * be a whole expense, as `GET` answers it.
 */
export const expensePatch = z
  .strictObject(
    {
      date: calendarDate.optional(),
      description: description.optional(),
      value: amount.optional(),
      currency: currency.optional(),
      category: category.nullable().optional(),
      ...serverWritten,
    },
    NO_OBJECT,
  )
  .refine(fitsCurrency, {
    path: ['value'],
    error: ({ input }) => decimalsFault((input as { currency: string }).currency),
    // Beside other faults, so that all are named at once. Alone it is for `applyPatch`, which knows whether it is new.
    when: ({ issues }) => issues.length > 0,
  })
  // Without an example, tools send one with all members, and those of the service cannot be changed.
  .meta({ id: 'ExpensePatch', example: { description: 'Lunch with the team', value: 42.5 } });

export type ExpensePatch = z.output<typeof expensePatch>;

/** What a client decides of an expense. */
export type ExpenseFields = z.output<ReturnType<typeof newExpenseSchema>>;

/** An expense as it is kept. */
export interface Expense extends ExpenseFields {
  /** UUID version 7. */
  readonly id: string;
  readonly owner: string;
  /** What the client that imported it calls it; only files have it. */
  readonly externalId: string | null;
  /** Counts the changes, from 1. */
  readonly version: number;
  /** ISO 8601 in UTC. */
  readonly createdAt: string;
  /** ISO 8601 in UTC. */
  readonly updatedAt: string;
}

/** An expense in an answer. */
export const expenseAnswer = z
  .object({
    id: z.uuid(),
    date: z.iso.date(),
    description: z.string(),
    value: z.number(),
    currency: z.string(),
    category: z.string().nullable(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    owner: z.string().optional().describe(`Only in answers to requests that name an owner: ${SHOWN_OWNER}`),
  })
  .meta({ id: 'Expense' });

/** An expense, or what there is of a broken one, whose value and currency have faults of their own. */
type Amount = { readonly value?: unknown; readonly currency?: unknown };

/**
 * Whether the value has no more decimals than its currency: 1.005 USD is not money.
 * @param defaultCurrency of an expense that names none
 */
export function fitsCurrency(expense: Amount | null | undefined, defaultCurrency?: string): boolean {
  const { value, currency: code = defaultCurrency } = expense ?? {};
  if (typeof value !== 'number' || typeof code !== 'string' || !isCurrency(code)) return true;
  return Number(value.toFixed(minorUnits(code))) === value;
}

/** What to say of a value that does not fit. */
export function decimalsFault(code: string): string {
  return `must have at most ${minorUnits(code)} decimals, as ${code} has`;
}
