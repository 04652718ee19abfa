import {
  decimalsFault,
  type Expense,
  type ExpenseFields,
  type ExpensePatch,
  fitsCurrency,
} from './expense.schema.js';
import { InvalidPatch } from './expenses.errors.js';

/** What a whole expense that a client sends back has beside the members that clients decide. */
const SERVER_WRITTEN = ['id', 'createdAt', 'updatedAt', 'owner'] as const;

/**
 * What an expense becomes by a patch. The value is judged only when the patch changes it or its currency: a row that
 * was kept under other rules stays as it is, and its other members can be changed.
 *
 * @throws InvalidPatch when the value does not fit, or the patch changes what only the service writes
 */
export function applyPatch(current: Expense, patch: ExpensePatch): ExpenseFields {
  const { id, createdAt, updatedAt, owner, ...given } = patch;
  const sentBack = { id, createdAt, updatedAt, owner };
  const { date, description, value, currency, category } = current;
  const fields = { date, description, value, currency, category, ...given };
  const errors = SERVER_WRITTEN.filter(
    (name) => sentBack[name] !== undefined && sentBack[name] !== current[name],
  ).map((name) => ({ pointer: `#/${name}`, detail: 'cannot be changed' }));
  const isJudged = fields.value !== value || fields.currency !== currency;
  if (isJudged && !fitsCurrency(fields)) {
    errors.push({ pointer: '#/value', detail: decimalsFault(fields.currency) });
  }
  if (errors.length > 0) throw new InvalidPatch(errors);
  return fields;
}
