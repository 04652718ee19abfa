import type { Retry } from './idempotency.js';
import type { Expense, ExpenseFields } from '../expense.schema.js';
import type { Filters } from '../expenses.query.js';
import type { Author, Owners } from '../owner.js';
import type { Position } from '../cursor.js';

/** A part of a list, newest first. */
export interface Page {
  /** Most rows. */
  readonly limit: number;
  /** The row before the first one; absent at the start of the list. */
  readonly after?: Position;
}

/**
 * Keeps expenses. Every method takes whose expenses it reaches; those of others are, to it, not there. Each method is
 * one transaction, and each write leaves its trace in the audit log. All throw DatabaseUnavailable.
 */
export abstract class ExpensesRepository {
  abstract list(owners: Owners, filters: Filters, page: Page): Promise<Expense[]>;

  abstract find(owners: Owners, id: string): Promise<Expense | undefined>;

  /**
   * @returns the new expense; for a retry, what the first attempt returned
   * @throws IdempotencyKeyReused
   */
  abstract create(author: Author, expense: ExpenseFields, retry?: Retry): Promise<Expense>;

  /**
   * Changes an expense; nothing else changes it meanwhile.
   *
   * @param change says what the expense becomes; what it throws leaves the expense as it was
   * @returns the changed expense; nothing when the author has no such expense
   */
  abstract update(
    author: Author,
    id: string,
    change: (current: Expense) => ExpenseFields,
  ): Promise<Expense | undefined>;

  /**
   * @param check of the expense before; what it throws keeps the expense
   * @returns whether there was such an expense of the author
   */
  abstract remove(author: Author, id: string, check: (current: Expense) => void): Promise<boolean>;

  /**
   * Keeps all of the expenses or, when one of them cannot be kept or `batches` rejects, none.
   *
   * @param batches some hundred expenses each; taken one after the other, so that memory holds only one
   * @returns how many expenses were kept; for a retry, what the first attempt returned
   * @throws IdempotencyKeyReused
   */
  abstract import(
    author: Author,
    batches: AsyncIterable<readonly ExpenseFields[]> | Iterable<readonly ExpenseFields[]>,
    retry?: Retry,
  ): Promise<number>;
}
