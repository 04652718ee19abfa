import { z } from 'zod';
import { currencies, minorDigits } from './currencies.js';
import { amount, calendarDate, currency, line } from './expense.fields.js';

export const description = line(500);
export const category = line(50);

/**
 * The body of `POST /expenses`. Clients may leave the currency out: `DefaultCurrency` completes the body before it is
 * validated, so that the value is measured by the currency that it will have.
 */
export const newExpense = z
  .strictObject({
    date: calendarDate,
    description,
    value: amount,
    currency: currency.describe('Default: DEFAULT_CURRENCY of the service'),
    category: category.nullable().default(null),
  })
  .refine(fitsCurrency, { path: ['value'], error: decimalsFault, when: () => true })
  .meta({ id: 'NewExpense', required: ['date', 'description', 'value'] });

/** The body of `PATCH /expenses/:id`, a JSON merge patch (RFC 7396): `null` removes, and only the category can go. */
export const expensePatch = z
  .strictObject({
    date: calendarDate.optional(),
    description: description.optional(),
    value: amount.optional(),
    currency: currency.optional(),
    category: category.nullable().optional(),
  })
  .refine(fitsCurrency, { path: ['value'], error: decimalsFault, when: () => true })
  .meta({ id: 'ExpensePatch' });

export type ExpensePatch = z.output<typeof expensePatch>;

/** What a client decides of an expense. */
export type ExpenseFields = z.output<typeof newExpense>;

/** An expense as it is kept. */
export interface Expense extends ExpenseFields {
  /** UUID version 7. */
  readonly id: string;
  readonly owner: string;
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
    owner: z.string().optional().describe('Only in answers to requests that name an owner'),
  })
  .meta({ id: 'Expense' });

/** An expense, or what there is of a broken one, whose value and currency have faults of their own. */
type Amount = { readonly value?: unknown; readonly currency?: unknown };

/** Whether the value has no more decimals than its currency: 1.005 USD is not money. */
export function fitsCurrency(expense: Amount | null | undefined): boolean {
  const { value, currency: code } = expense ?? {};
  if (typeof value !== 'number' || typeof code !== 'string' || !currencies.has(code)) return true;
  return Number(value.toFixed(minorDigits(code))) === value;
}

/** What to say of a value that does not fit. */
export function decimalsFault({ input }: { readonly input?: unknown }): string {
  const code = (input as { currency: string }).currency;
  return `must have at most ${minorDigits(code)} decimals, as ${code} has`;
}
