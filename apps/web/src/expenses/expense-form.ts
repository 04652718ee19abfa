import { randomUUID } from 'node:crypto';
import type { ApiRefusal } from '../api/api.errors.js';

const FIELDS = ['date', 'description', 'value', 'currency', 'category'] as const;
type Field = (typeof FIELDS)[number];

/** The form that adds an expense, with what was typed and what is wrong with it. */
export interface ExpenseForm {
  readonly values: Readonly<Partial<Record<Field, string>>>;
  readonly errors: Readonly<Partial<Record<Field, string>>>;
  /** Faults that belong to no field of the form. */
  readonly otherErrors: readonly string[];
  /** Sent back with the form, as the API's Idempotency-Key: sending a form twice adds one expense. */
  readonly submission: string;
}

/** What a browser sends of the form. */
export type Submitted = Readonly<Record<string, unknown>>;

export function emptyForm(today: string): ExpenseForm {
  return { values: { date: today }, errors: {}, otherErrors: [], submission: randomUUID() };
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
  return { values: valuesOf(submitted), errors, otherErrors, submission: randomUUID() };
}

/** The API's request body. Fields left empty are left out; a value that is no plain number goes as it was typed. */
export function expenseOf(submitted: Submitted): Record<string, string | number> {
  const { value, currency, ...values } = valuesOf(submitted);
  const number = value !== undefined && /^-?\d{1,15}(\.\d{1,6})?$/.test(value) ? Number(value) : value;
  return {
    ...values,
    ...(number !== undefined && { value: number }),
    ...(currency !== undefined && { currency: currency.toUpperCase() }),
  };
}

/** The submission's id, or a new one when somebody changed it. */
export function submissionOf({ submission }: Submitted): string {
  return typeof submission === 'string' && /^[0-9a-f-]{36}$/.test(submission) ? submission : randomUUID();
}

function valuesOf(submitted: Submitted): Partial<Record<Field, string>> {
  const typed = FIELDS.map((name) => [name, submitted[name]] as const)
    .filter((entry): entry is readonly [Field, string] => typeof entry[1] === 'string')
    .map(([name, value]) => [name, value.trim()] as const);
  return Object.fromEntries(typed.filter(([, value]) => value !== ''));
}
