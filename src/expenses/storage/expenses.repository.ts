import type { HistoryEntry } from './audit-trail.js';
import type { Retry } from './idempotency.js';
import type { ImportBatch, Imported } from './import-batch.js';
import type { Expense, ExpenseFields } from '../expense.schema.js';
import type { Author, Owner, Owners } from '../owner.js';
import type { List, Position } from '../cursor.js';

/** A part of a list. */
export interface Page {
  /** Most rows. */
  readonly limit: number;
  /** The row before the first one; absent at the start of the list. */
  readonly after?: Position;
}

/** A part of a history, the last change first. */
export interface HistoryPage {
  /** Most changes. */
  readonly limit: number;
  /** Number of the change before which the part ends. */
  readonly before?: number;
}

/** A new expense, or the one that an earlier attempt of the same request made. */
export interface Created {
  readonly expense: Expense;
  readonly isReplay: boolean;
}

/**
 * Keeps expenses. Every method takes whose expenses it reaches; those of others are, to it, not there. Each method is
 * one transaction, and each write leaves its trace in the audit log. All throw DatabaseUnavailable.
 */
export abstract class ExpensesRepository {
  /** A part of a list, in its order. */
  abstract list(list: List, page: Page): Promise<Expense[]>;

  /** All rows of a list as they are at one moment, in parts. */
  abstract all(list: List): AsyncGenerator<Expense[]>;

  /** How many expenses a list has, but no more than the limit. */
  abstract count(list: List, limit: number): Promise<number>;

  /** An expense of these owners; nothing when they have no such expense. */
  abstract find(owners: Owners, id: string): Promise<Expense | undefined>;

  /** What happened to an expense, whether it is still there or not. */
  abstract history(owners: Owners, id: string, page: HistoryPage): Promise<HistoryEntry[]>;

  /**
   * Keeps a new expense.
   * @returns the new expense; for a retry, what the first attempt returned
   * @throws IdempotencyKeyReused
   */
  abstract create(author: Author, expense: ExpenseFields, retry?: Retry): Promise<Created>;

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
   * Deletes an expense.
   *
   * @param check of the expense before; what it throws keeps the expense
   * @returns whether there was such an expense of the author
   */
  abstract remove(author: Author, id: string, check: (current: Expense) => void): Promise<boolean>;

  /**
   * Deletes all expenses of the author.
   * @returns how many there were
   */
  abstract removeAll(author: Author): Promise<number>;

  /**
   * Keeps all of the expenses that the author does not have yet or, when one of them cannot be kept or `batches`
   * rejects, none.
   *
   * @param batches some hundred expenses each; taken one after the other, so that memory holds only one
   * @returns for a retry, what the first attempt returned
   * @throws IdempotencyKeyReused
   */
  abstract import(
    author: Author,
    batches: AsyncIterable<ImportBatch> | Iterable<ImportBatch>,
    retry?: Retry,
  ): Promise<Imported & { readonly isReplay: boolean }>;

  /** What `import` would do with the same batches now. */
  abstract tryImport(owner: Owner, batches: AsyncIterable<ImportBatch>): Promise<Imported>;
}
