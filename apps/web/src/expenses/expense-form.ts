import { randomUUID } from 'node:crypto';
import type { ApiRefusal } from '../api/api.errors.js';
import type { ExpenseFields } from '../api/expenses-api.js';
import type { Formats } from '../locale/formats.js';

const FIELDS = ['date', 'description', 'value', 'currency', 'category'] as const;
type Field = (typeof FIELDS)[number];

/** What stands in the fields of a form. */
export type FieldValues = Readonly<Partial<Record<Field, string>>>;

/** A form that adds or changes an expense, with what was typed and what is wrong with it. */
export interface ExpenseForm {
  readonly values: FieldValues;
  readonly errors: FieldValues;
  /** Faults that belong to no field of the form. */
  readonly otherErrors: readonly string[];
  /** Sent back with the form, as the API's Idempotency-Key: sending a form twice adds one expense. */
  readonly submission: string;
  /** Whether the date is unusual, and is kept only when the person says so. */
  readonly asksAboutDate?: boolean;
  /** The form was not sent on, but is complete. */
  readonly isDraft?: boolean;
}

/** What a browser sends of the form. */
export type Submitted = Readonly<Record<string, unknown>>;

/**
 * A form to add an expense.
 *
 * @param today as `2026-03-31`
 * @param currency of the person's last expense, or the API's own; undefined when neither is known
 */
export function emptyForm(today: string, currency: string | undefined): ExpenseForm {
  return formWith({ date: today, ...(currency !== undefined && { currency }) });
}

/** The form of an expense as it is. */
export function formOf(expense: ExpenseFields, format: Formats): ExpenseForm {
  const { date, description, value, currency, category } = expense;
  return formWith({
    date,
    description,
    value: format.amountField(value, currency),
    currency,
    ...(category !== null && { category }),
  });
}

/** The form as it was typed: the same submission, to be sent again. */
export function draftOf(submitted: Submitted): ExpenseForm {
  return { ...formWith(valuesOf(submitted)), submission: submissionOf(submitted), isDraft: true };
}

/** The form as it was typed, with a question about its date. */
export function askAboutDate(submitted: Submitted): ExpenseForm {
  return { ...formWith(valuesOf(submitted)), submission: submissionOf(submitted), asksAboutDate: true };
}

/** The form as it was typed, each of the API's faults beside the field that its JSON pointer (RFC 6901) names. */
export function refusedForm(submitted: Submitted, { problem }: ApiRefusal): ExpenseForm {
  const errors: Partial<Record<Field, string>> = {};
  const otherErrors: string[] = [];
  for (const { pointer, detail } of problem.errors ?? []) {
    const field = FIELDS.find((name) => pointer.replace(/^#/, '') === `/${name}`);
    if (field) errors[field] = errors[field] ? `${errors[field]}; ${detail}` : detail;
    else otherErrors.push(detail);
  }
  if (!problem.errors?.length)
    otherErrors.push(problem.detail ?? problem.title ?? 'The expense was refused.');
  // A corrected form is another submission: the API would answer the old one with the old refusal.
  return { ...formWith(valuesOf(submitted)), errors, otherErrors };
}

/** The body of `POST /expenses`. Fields left empty are left out; a value that is no number goes as it was typed. */
export function expenseOf(submitted: Submitted, format: Formats): Record<string, string | number> {
  const { value, currency, ...values } = valuesOf(submitted);
  return {
    ...values,
    ...(value !== undefined && { value: numberOf(value, format) }),
    ...(currency !== undefined && { currency: currency.toUpperCase() }),
  };
}

/** The body of `PATCH /expenses/:id`: as for a new expense, but a field left empty is emptied. */
export function patchOf(submitted: Submitted, format: Formats): Record<string, string | number | null> {
  const empty = { date: '', description: '', value: '', currency: '', category: null };
  return { ...empty, ...expenseOf(submitted, format) };
}

/** The submission's id, or a new one when somebody changed it. */
export function submissionOf({ submission }: Submitted): string {
  return typeof submission === 'string' && /^[0-9a-f-]{36}$/.test(submission) ? submission : randomUUID();
}

/** What was typed into the fields, without spaces around it. */
export function valuesOf(submitted: Submitted): FieldValues {
  const typed = FIELDS.map((name) => [name, submitted[name]] as const)
    .filter((entry): entry is readonly [Field, string] => typeof entry[1] === 'string')
    .map(([name, value]) => [name, value.trim()] as const);
  return Object.fromEntries(typed.filter(([, value]) => value !== ''));
}

function formWith(values: FieldValues): ExpenseForm {
  return { values, errors: {}, otherErrors: [], submission: randomUUID() };
}

/** Up to 15 digits a number is exact. */
function numberOf(value: string, format: Formats): string | number {
  const decimal = format.readAmount(value);
  return decimal !== undefined && /^-?\d{1,15}(\.\d{1,6})?$/.test(decimal) ? Number(decimal) : value;
}
