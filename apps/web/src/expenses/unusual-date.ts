import { valuesOf, type Submitted } from './expense-form.js';

/** Expenses before this are more often a slip of the finger than an expense. */
const FIRST_USUAL_DATE = '1990-01-01';

/**
 * Whether the date of a form is one that is kept only when the person confirms it: after tomorrow (it may be tomorrow
 * already where they are) or before 1990. A confirmation holds for the date that it was asked about.
 *
 * @param now today, as `2026-03-31`, in UTC
 */
export function needsConfirmation(submitted: Submitted, now: string): boolean {
  const { date } = valuesOf(submitted);
  if (date === undefined || !/^\d{4}-\d\d-\d\d$/.test(date)) return false; // which the API will say
  const isUsual = date >= FIRST_USUAL_DATE && date <= dayAfter(now);
  return !isUsual && submitted['confirmed'] !== date;
}

function dayAfter(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + 1);
  return date.toISOString().slice(0, 10);
}

/** Today in UTC, as `2026-03-31`. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}
